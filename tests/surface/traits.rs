//! Auto traits and `Debug` of every public type.

use std::fmt::Debug;

use permissions_ext::audit::*;
use permissions_ext::sync::*;
use permissions_ext::{blocking, *};

use crate::read::Surface;

fn is_shared<T: Send + Sync + Unpin + Debug + 'static>() {}
fn is_error<T: std::error::Error + Send + Sync + 'static>() {}
fn is_send<T: Send>(_: T) {}

/// Compiles only if each type is `Send`, `Sync`, `Unpin` and `Debug`. Returns the names.
macro_rules! shared {
    ($($type:ty),* $(,)?) => {{
        $(is_shared::<$type>();)*
        [$(stringify!($type).replace(' ', "").split('<').next().unwrap_or_default().to_owned()),*]
    }};
}

#[test]
fn every_type_is_send_sync_unpin_and_debug() {
    is_error::<Error>();
    let mut checked = shared![
        Applied,
        AppliedChange,
        Apply,
        Attempt,
        Audit,
        AuditStream,
        Change,
        CheckpointAudit,
        CheckpointDrift,
        CheckpointPlan,
        Client,
        ClientBuilder,
        Create,
        Created,
        Delete,
        DeleteProject,
        Deleted,
        DesiredState,
        Drift,
        DriftState,
        Error,
        ErrorKind,
        Event<'static>,
        ItemStream,
        List,
        Metadata,
        Order,
        Outcome,
        Page,
        PageStream,
        Permission,
        PermissionRef,
        Permissions,
        Plan,
        PlanRequest,
        Position,
        Progress,
        Project,
        RateLimit,
        Report,
        RetryPolicy,
        SkipReason,
        Target,
        blocking::Apply,
        blocking::Audit,
        blocking::AuditStream,
        blocking::Client,
        blocking::ClientBuilder,
        blocking::Create,
        blocking::Delete,
        blocking::DeleteProject,
        blocking::ItemStream,
        blocking::List,
        blocking::Page,
        blocking::PageStream,
        blocking::Permissions,
        blocking::PlanRequest,
    ];
    checked.sort();
    let mut all: Vec<String> = Surface::read().types().collect();
    all.sort();
    assert_eq!(checked.as_slice(), all, "the list above misses a type");
}

#[tokio::test]
async fn every_future_is_send() {
    let client = Client::builder()
        .admin_key("sk-admin-1")
        .base_url("http://localhost")
        .build()
        .unwrap();
    let permissions = client.permissions("ft:a").unwrap();
    is_send(client.projects().all());
    is_send(client.projects().stream().next());
    is_send(permissions.list().send());
    is_send(permissions.list().all());
    is_send(permissions.create(["proj_a"]).send());
    is_send(permissions.delete("cp_1").send());
    is_send(permissions.delete_project("proj_a").send());
    is_send(permissions.list().stream().next());
    is_send(permissions.list().pages().next());
    is_send(client.plan(DesiredState::new()).send());
    is_send(client.audit(["ft:a"]).send());
    is_send(client.audit(["ft:a"]).stream().next());
    is_send(async move {
        let plan = client.plan(DesiredState::new()).send().await?;
        let page = permissions.list().send().await?;
        page.next().await?;
        client.apply(plan).send().await
    });
}
