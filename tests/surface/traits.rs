//! What every public type can do, whoever uses it and on whatever thread.

use std::fmt::Debug;

use permissions_ext::blocking;
use permissions_ext::*;

use crate::read::Surface;

fn is_shared<T: Send + Sync + Unpin + Debug + 'static>() {}
fn is_error<T: std::error::Error + Send + Sync + 'static>() {}
fn is_send<T: Send>(_: T) {}

/// Compiles where each of them is `Send`, `Sync`, `Unpin` and `Debug`, and returns their names.
macro_rules! shared {
    ($($type:ty),* $(,)?) => {{
        $(is_shared::<$type>();)*
        [$(stringify!($type).replace(' ', "").split('<').next().unwrap_or_default().to_owned()),*]
    }};
}

#[test]
fn every_type_goes_from_thread_to_thread_and_can_be_shown() {
    is_error::<Error>();
    let mut checked = shared![
        Access<'static>,
        Applied,
        Apply,
        Attempt,
        Audit,
        AuditProgress<'static>,
        AuditStream,
        Audited,
        CallOptions,
        Change,
        CheckpointDrift,
        CheckpointPlan,
        Client,
        ClientBuilder,
        Create,
        Created,
        Delete,
        DeleteProject,
        Deleted,
        Desired,
        Drift,
        DriftRow<'static>,
        DriftState,
        Error,
        Event<'static>,
        Grant,
        List,
        Matrix<'static>,
        MatrixRow<'static>,
        Metadata,
        NotStarted,
        Outcome,
        Page,
        PageStream,
        PermissionStream,
        Permissions,
        Plan,
        Planning,
        Position,
        RateLimit,
        Report,
        ReportRow<'static>,
        RetryPolicy,
        Step,
        blocking::Apply,
        blocking::Audit,
        blocking::AuditStream,
        blocking::Client,
        blocking::ClientBuilder,
        blocking::Create,
        blocking::Delete,
        blocking::DeleteProject,
        blocking::List,
        blocking::Page,
        blocking::PageStream,
        blocking::PermissionStream,
        blocking::Permissions,
        blocking::Planning,
    ];
    checked.sort();
    let surface = Surface::read();
    let mut all: Vec<&str> = surface.types().collect();
    all.sort_unstable();
    assert_eq!(
        checked.as_slice(),
        all,
        "the list above is that of all types"
    );
}

#[tokio::test]
async fn every_future_goes_from_thread_to_thread() {
    let client = Client::builder()
        .admin_key("sk-admin-1")
        .base_url("http://localhost")
        .build()
        .unwrap();
    let permissions = client.permissions(&"ft:a".parse().unwrap());
    let project: ProjectId = "proj_a".parse().unwrap();
    is_send(permissions.list().send());
    is_send(permissions.create([project.clone()]).send());
    is_send(permissions.delete(&"cp_1".parse().unwrap()).send());
    is_send(permissions.delete_project(&project).send());
    is_send(permissions.list().stream().next());
    is_send(permissions.list().pages().next());
    is_send(client.plan(Desired::new()).send());
    is_send(client.audit([]).send());
    is_send(client.audit([]).stream().next());
    is_send(async move {
        let plan = client.plan(Desired::new()).send().await?;
        let page = permissions.list().send().await?;
        page.next().await?;
        client.apply(plan).send().await
    });
}
