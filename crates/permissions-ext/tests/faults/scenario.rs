//! One operation against a server with faults, and its outcome.

use std::time::Duration;

use permissions_ext::{Error, ErrorKind};
use serde_json::json;

use crate::support::{Fault, FaultServer, KEY, checkpoint};

#[derive(Clone, Copy, Debug)]
pub enum Operation {
    List,
    ListProjects,
    Create,
    Delete,
    DeleteProject,
}

pub use Operation::{Create, Delete, DeleteProject, List, ListProjects};

pub const OPERATIONS: [Operation; 5] = [List, ListProjects, Create, Delete, DeleteProject];

impl Operation {
    pub fn method(self) -> &'static str {
        match self {
            List | ListProjects => "GET",
            Create => "POST",
            Delete | DeleteProject => "DELETE",
        }
    }
}

/// The result of an operation, the requests that it sent and the projects in the store afterwards.
pub struct Outcome {
    name: String,
    operation: Operation,
    result: Result<(), Error>,
    methods: String,
    projects: Vec<String>,
}

/// Runs an operation. The faults affect the requests with the operation's method, in order.
///
/// The store has a permission for `proj_old`, and one for `proj_gone` if the operation deletes it. A create adds
/// `proj_new`.
pub async fn run(name: &str, operation: Operation, faults: Vec<Fault>) -> Outcome {
    run_with_timeout(Duration::from_secs(60), name, operation, faults).await
}

/// Runs an operation with a short timeout, for faults without a response.
pub async fn run_with_timeout(
    timeout: Duration,
    name: &str,
    operation: Operation,
    faults: Vec<Fault>,
) -> Outcome {
    const BODY_LIMIT: usize = 1 << 20;
    let server = FaultServer::with_permissions(&["proj_old"]).await;
    let client = server.client_builder().timeout(timeout).build().unwrap();
    let permissions = client.permissions(checkpoint()).unwrap();
    let gone = match operation {
        Delete | DeleteProject => {
            let created = permissions.create(["proj_gone"]).send().await.unwrap();
            Some(created.into_permissions().remove(0).id)
        }
        List | ListProjects | Create => None,
    };
    let before = server.requests().len() + usize::from(matches!(operation, DeleteProject));
    for fault in faults {
        server.fault(operation.method(), fault);
    }
    let result = match operation {
        List => {
            let all = permissions.list().body_limit(BODY_LIMIT).all().await;
            all.map(|all| assert_eq!(all.len(), 1, "{name}: the list is incomplete"))
        }
        ListProjects => {
            server.set_projects(vec![
                json!({"object": "organization.project", "id": "proj_old", "created_at": 1}),
            ]);
            let all = client.projects().body_limit(BODY_LIMIT).all().await;
            all.map(|all| assert_eq!(all.len(), 1, "{name}: the list is incomplete"))
        }
        Create => {
            let create = permissions.create(["proj_new"]).body_limit(BODY_LIMIT);
            let created = create.send().await;
            created.map(|created| assert_eq!(created.len(), 1, "{name}: not reported"))
        }
        Delete => {
            let delete = permissions.delete(gone.as_ref().unwrap());
            let deleted = delete.body_limit(BODY_LIMIT).send().await;
            deleted.map(|deleted| assert_eq!(Some(deleted.id), gone))
        }
        DeleteProject => {
            let delete = permissions.delete_project("proj_gone");
            let deleted = delete.body_limit(BODY_LIMIT).send().await;
            deleted.map(|mut deleted| assert_eq!(Some(deleted.remove(0).id), gone))
        }
    };
    if let Err(error) = &result {
        let mut texts = format!("{error} {error:?} {error:#?}");
        texts.push_str(&String::from_utf8_lossy(error.body().unwrap_or_default()));
        assert!(!texts.contains(KEY), "{name}: the key is in {texts}");
    }
    let requests = server.requests().into_iter().skip(before);
    Outcome {
        name: format!("{name}, {operation:?}"),
        operation,
        result,
        methods: requests
            .map(|request| request.method)
            .collect::<Vec<_>>()
            .join(" "),
        projects: server.projects(),
    }
}

impl Outcome {
    /// Asserts that the operation succeeded and changed the store exactly once.
    pub fn succeeded(self, methods: &str) {
        self.result
            .unwrap_or_else(|error| panic!("{}: {error}", self.name));
        assert_eq!(self.methods, methods, "{}", self.name);
        let expected = match self.operation {
            List | ListProjects | Delete | DeleteProject => vec!["proj_old"],
            Create => vec!["proj_old", "proj_new"],
        };
        assert_eq!(self.projects, expected, "{}", self.name);
    }

    /// Asserts that the operation failed with this kind and that the store has not changed.
    pub fn failed(self, kind: ErrorKind, methods: &str) -> Error {
        let Err(error) = self.result else {
            panic!("{}: succeeded", self.name)
        };
        assert_eq!(error.kind(), kind, "{}: {error:?}", self.name);
        assert_eq!(self.methods, methods, "{}: {error}", self.name);
        let expected = match self.operation {
            List | ListProjects | Create => vec!["proj_old"],
            Delete | DeleteProject => vec!["proj_old", "proj_gone"],
        };
        assert_eq!(self.projects, expected, "{}", self.name);
        error
    }
}

/// Returns the expected methods if the first request was lost before the server processed it.
pub fn methods_if_not_done(operation: Operation) -> &'static str {
    match operation {
        List | ListProjects => "GET GET",
        Create => "POST GET POST",
        Delete | DeleteProject => "DELETE DELETE",
    }
}

/// Returns the expected methods if the first request was processed and its response was lost.
pub fn methods_if_done(operation: Operation) -> &'static str {
    match operation {
        List | ListProjects => "GET GET",
        Create => "POST GET",
        Delete | DeleteProject => "DELETE DELETE",
    }
}

/// Returns the HTTP methods of the expected requests, if the operation fails and its result is unknown.
pub fn methods_without_retry(operation: Operation) -> &'static str {
    match operation {
        List | ListProjects => "GET",
        Create => "POST GET",
        Delete | DeleteProject => "DELETE",
    }
}
