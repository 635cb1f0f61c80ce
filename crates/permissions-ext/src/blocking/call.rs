use std::fmt;

use super::iter::{PageIter, PermissionIter};
use super::runtime::Runtime;
use crate::options::CallOptions;
use crate::{
    Applied, Created, Deleted, Error, Order, Page, PermissionId, Plan, Position, ProjectId, Report,
    Step,
};

/// Writes the blocking side of calls: the same settings, and what sends them.
macro_rules! calls {
    ($($name:ident -> $output:ty, $sent:ident { $($method:ident($argument:ident: $type:ty);)* })*) => { $(
        #[doc = concat!("[`", stringify!($name), "`](crate::", stringify!($name), ") for programs without an async runtime.")]
        #[derive(Clone)]
        #[must_use = "nothing is sent before `send`"]
        pub struct $name {
            call: crate::$name,
            runtime: Runtime,
        }

        impl $name {
            pub(super) fn new(call: crate::$name, runtime: &Runtime) -> Self {
                Self { call, runtime: runtime.clone() }
            }

            $(
                #[doc = concat!("See [`", stringify!($method), "`](crate::", stringify!($name), "::", stringify!($method), ").")]
                pub fn $method(self, $argument: $type) -> Self {
                    Self { call: self.call.$method($argument), ..self }
                }
            )*

            #[doc = concat!("See [`send`](crate::", stringify!($name), "::send).")]
            ///
            /// # Errors
            ///
            /// As there.
            pub fn send(self) -> Result<$output, Error> {
                let Self { call, runtime } = self;
                $sent(runtime.run(call.send()))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.call.fmt(f)
            }
        }
    )* };
}

calls! {
    List -> Page, flatten {
        page_size(permissions: u32);
        max_items(permissions: u64);
        after(permission_id: PermissionId);
        order(order: Order);
        project_id(project_id: ProjectId);
        prefetch(ahead: bool);
        resume(position: &Position);
        options(options: CallOptions);
    }
    Create -> Created, flatten {
        batch_size(projects: usize);
        read_first(read: bool);
        options(options: CallOptions);
    }
    Delete -> Deleted, flatten {
        options(options: CallOptions);
    }
    DeleteProject -> Vec<Deleted>, flatten {
        options(options: CallOptions);
    }
    CopyTo -> Created, flatten {
        options(options: CallOptions);
    }
    Planning -> Plan, flatten {
        concurrency(requests: usize);
        options(options: CallOptions);
    }
    Apply -> Applied, flatten {
        allow_delete(allow: bool);
        allow_empty(allow: bool);
        concurrency(requests: usize);
        on_step(report: impl Fn(&Step) + Send + Sync + 'static);
        options(options: CallOptions);
    }
    Audit -> Report, as_is {
        project_id(project_id: ProjectId);
        concurrency(requests: usize);
        options(options: CallOptions);
    }
}

impl List {
    /// Permission by permission, over all pages.
    pub fn stream(self) -> PermissionIter {
        PermissionIter::new(self.pages())
    }

    /// Page by page.
    pub fn pages(self) -> PageIter {
        PageIter::new(self.call.pages(), self.runtime)
    }
}

fn flatten<T>(result: Result<Result<T, Error>, Error>) -> Result<T, Error> {
    result.and_then(|result| result)
}

fn as_is<T>(result: Result<T, Error>) -> Result<T, Error> {
    result
}
