//! What every request of the generated client goes through.

/// What one call adds to its request.
#[derive(Clone, Debug, Default)]
pub struct CallContext {}

impl progenitor_client::ClientHooks<CallContext> for crate::Client {
    async fn pre<E>(
        &self,
        request: &mut reqwest::Request,
        _info: &progenitor_client::OperationInfo,
    ) -> Result<(), progenitor_client::Error<E>> {
        // The generator sends the document's version under a name that the API does not know.
        request.headers_mut().remove("api-version");
        Ok(())
    }
}
