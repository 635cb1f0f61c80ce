//! One cell of the matrix: an operation, and what happens to its requests.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use permissions_ext::{CallOptions, Error, Permission};

use crate::support::{Fault, KEY, World, project, projects};

#[derive(Clone, Copy, Debug)]
pub enum Operation {
    List,
    Create,
    Delete,
    /// The same by project, which reads first what it has.
    DeleteProject,
}

pub use Operation::{Create, Delete, DeleteProject, List};

pub const EVERY: [Operation; 4] = [List, Create, Delete, DeleteProject];

impl Operation {
    pub fn method(self) -> &'static str {
        match self {
            List => "GET",
            Create => "POST",
            Delete | DeleteProject => "DELETE",
        }
    }
}

/// What a test of one cell of the matrix leaves behind.
pub struct Cell {
    name: String,
    result: Result<(), Error>,
    methods: String,
    projects: Vec<String>,
}

/// Runs an operation on a store with a permission for `proj_old` and, where it is to be deleted, one for `proj_gone`;
/// a create adds `proj_new`. The faults hit the requests of the operation's own method, one after the other.
pub async fn cell(name: &str, operation: Operation, faults: Vec<Fault>) -> Cell {
    cell_within(Duration::from_secs(60), name, operation, faults).await
}

/// The same for faults that only a time-out ends.
pub async fn cell_within(
    timeout: Duration,
    name: &str,
    operation: Operation,
    faults: Vec<Fault>,
) -> Cell {
    let world = World::with(&["proj_old"]).await;
    let permissions = world
        .builder()
        .timeout(timeout)
        .build()
        .unwrap()
        .permissions(&crate::support::checkpoint());
    let gone = match operation {
        Delete | DeleteProject => Some(
            permissions
                .create(projects(&["proj_gone"]))
                .send()
                .await
                .unwrap(),
        ),
        List | Create => None,
    };
    let before = world.requests().len() + usize::from(matches!(operation, DeleteProject));
    for fault in faults {
        world.fault(operation.method(), fault);
    }
    let options = CallOptions::new().body_limit(1 << 20);
    let result = match operation {
        List => {
            let all: Result<Vec<Permission>, Error> = permissions
                .list()
                .options(options)
                .stream()
                .try_collect()
                .await;
            all.map(|all| assert_eq!(all.len(), 1, "{name}: the list is short"))
        }
        Create => {
            let created = permissions
                .create([project("proj_new")])
                .options(options)
                .send()
                .await;
            created.map(|created| {
                assert_eq!(
                    created.created().count(),
                    1,
                    "{name}: not reported as created"
                )
            })
        }
        Delete => {
            let id = gone.unwrap().into_permissions().remove(0).id;
            permissions
                .delete(&id)
                .options(options)
                .send()
                .await
                .map(|deleted| assert_eq!(deleted.id, id))
        }
        DeleteProject => {
            let id = gone.unwrap().into_permissions().remove(0).id;
            permissions
                .delete_project(&project("proj_gone"))
                .options(options)
                .send()
                .await
                .map(|deleted| assert_eq!(deleted[0].id, id))
        }
    };
    if let Err(error) = &result {
        let mut texts = format!("{error} {error:?}");
        texts.push_str(&String::from_utf8_lossy(error.body().unwrap_or_default()));
        assert!(!texts.contains(KEY), "{name}: the key shows in {texts}");
    }
    let methods = world
        .requests()
        .into_iter()
        .skip(before)
        .map(|request| request.method)
        .collect::<Vec<_>>()
        .join(" ");
    Cell {
        name: format!("{name} × {operation:?}"),
        result,
        methods,
        projects: world.projects(),
    }
}

impl Cell {
    /// The operation came to its end, and the store holds it once.
    pub fn succeeded(self, operation: Operation, methods: &str) {
        self.result
            .unwrap_or_else(|error| panic!("{}: {error}", self.name));
        assert_eq!(self.methods, methods, "{}", self.name);
        assert_eq!(self.projects, done(operation), "{}", self.name);
    }

    /// The operation failed as it should, and the store is as it was or, where `done`, as it was to be.
    pub fn failed(
        self,
        operation: Operation,
        is: fn(&Error) -> bool,
        methods: &str,
        was_done: bool,
    ) -> Error {
        let error = self
            .result
            .err()
            .unwrap_or_else(|| panic!("{}: came to its end", self.name));
        assert!(
            is(&error),
            "{}: another kind of error, {error:?}",
            self.name
        );
        assert_eq!(self.methods, methods, "{}: {error}", self.name);
        let expected = if was_done {
            done(operation)
        } else {
            undone(operation)
        };
        assert_eq!(self.projects, expected, "{}", self.name);
        error
    }
}

fn done(operation: Operation) -> Vec<&'static str> {
    match operation {
        List | Delete | DeleteProject => vec!["proj_old"],
        Create => vec!["proj_old", "proj_new"],
    }
}

fn undone(operation: Operation) -> Vec<&'static str> {
    match operation {
        List | Create => vec!["proj_old"],
        Delete | DeleteProject => vec!["proj_old", "proj_gone"],
    }
}

/// The requests after one failure whose fate is unknown, where nothing had been done.
pub fn again(operation: Operation) -> &'static str {
    match operation {
        List => "GET GET",
        Create => "POST GET POST",
        Delete | DeleteProject => "DELETE DELETE",
    }
}

/// The requests after one failure whose fate is unknown, where all had been done.
pub fn seen_as_done(operation: Operation) -> &'static str {
    match operation {
        List => "GET GET",
        Create => "POST GET",
        Delete | DeleteProject => "DELETE DELETE",
    }
}

/// The requests where the first failure is the last, and its fate unknown.
pub fn once(operation: Operation) -> &'static str {
    match operation {
        List => "GET",
        Create => "POST GET",
        Delete | DeleteProject => "DELETE",
    }
}
