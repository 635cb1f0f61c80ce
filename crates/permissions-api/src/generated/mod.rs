#[allow(unused_imports)]
pub use progenitor_client::{ByteStream, ClientInfo, Error, ResponseValue};
#[allow(unused_imports)]
use progenitor_client::{encode_path, ClientHooks, OperationInfo, RequestBuilderExt};
pub mod types;
pub mod builder;
#[derive(Clone, Debug)]
/**Client for Checkpoint permissions

Version: 2.3.0*/
pub struct Client {
    pub(crate) baseurl: String,
    pub(crate) client: reqwest::Client,
    pub(crate) inner: crate::hooks::CallContext,
}
impl Client {
    /// Create a new client.
    ///
    /// `baseurl` is the base URL provided to the internal
    /// `reqwest::Client`, and should include a scheme and hostname,
    /// as well as port and a path stem if applicable.
    pub fn new(baseurl: &str, inner: crate::hooks::CallContext) -> Self {
        #[cfg(not(target_arch = "wasm32"))]
        let client = {
            let dur = ::std::time::Duration::from_secs(15u64);
            reqwest::ClientBuilder::new().connect_timeout(dur).timeout(dur)
        };
        #[cfg(target_arch = "wasm32")]
        let client = reqwest::ClientBuilder::new();
        Self::new_with_client(baseurl, client.build().unwrap(), inner)
    }
    /// Construct a new client with an existing `reqwest::Client`,
    /// allowing more control over its configuration.
    ///
    /// `baseurl` is the base URL provided to the internal
    /// `reqwest::Client`, and should include a scheme and hostname,
    /// as well as port and a path stem if applicable.
    pub fn new_with_client(
        baseurl: &str,
        client: reqwest::Client,
        inner: crate::hooks::CallContext,
    ) -> Self {
        Self {
            baseurl: baseurl.to_string(),
            client,
            inner,
        }
    }
}
impl ClientInfo<crate::hooks::CallContext> for Client {
    fn api_version() -> &'static str {
        "2.3.0"
    }
    fn baseurl(&self) -> &str {
        self.baseurl.as_str()
    }
    fn client(&self) -> &reqwest::Client {
        &self.client
    }
    fn inner(&self) -> &crate::hooks::CallContext {
        &self.inner
    }
}
const _: () = {
    #[allow(dead_code)]
    fn assert_client_hooks()
    where
        Client: ClientHooks<crate::hooks::CallContext>,
    {}
};
impl Client {
    /**Sends a `GET` request to `/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions`

```ignore
let response = client.list_checkpoint_permissions()
    .fine_tuned_model_checkpoint(fine_tuned_model_checkpoint)
    .after(after)
    .limit(limit)
    .order(order)
    .project_id(project_id)
    .send()
    .await;
```*/
    pub fn list_checkpoint_permissions(&self) -> builder::ListCheckpointPermissions<'_> {
        builder::ListCheckpointPermissions::new(self)
    }
    /**Sends a `POST` request to `/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions`

```ignore
let response = client.create_checkpoint_permissions()
    .fine_tuned_model_checkpoint(fine_tuned_model_checkpoint)
    .body(body)
    .send()
    .await;
```*/
    pub fn create_checkpoint_permissions(
        &self,
    ) -> builder::CreateCheckpointPermissions<'_> {
        builder::CreateCheckpointPermissions::new(self)
    }
    /**Sends a `DELETE` request to `/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions/{permission_id}`

```ignore
let response = client.delete_checkpoint_permission()
    .fine_tuned_model_checkpoint(fine_tuned_model_checkpoint)
    .permission_id(permission_id)
    .send()
    .await;
```*/
    pub fn delete_checkpoint_permission(
        &self,
    ) -> builder::DeleteCheckpointPermission<'_> {
        builder::DeleteCheckpointPermission::new(self)
    }
}
