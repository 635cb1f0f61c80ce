//! Macros that define the blocking types from the asynchronous ones.

/// Adds methods that call the methods of the same name of the asynchronous type. The first word of each line is the
/// kind of the method:
///
/// * `set` sets an option.
/// * `get` returns a value.
/// * `start` takes `&self` and returns a blocking type.
/// * `into` takes `self` by value and returns a blocking type.
/// * `wait` blocks until the call is done.
/// * `options` adds the options of all requests, and `bulk_options` adds the options of bulk calls.
macro_rules! methods {
    ($name:ident $(<$item:ident>)? ($inner:path) {}) => {};
    ($name:ident $(<$item:ident>)? ($inner:path) { options; $($rest:tt)* }) => {
        methods! { $name $(<$item>)? ($inner) {
            set timeout(timeout: Duration);
            set deadline(deadline: Duration);
            set retry(policy: RetryPolicy);
            set header(name: &str, value: &str);
            set remove_header(name: &str);
            set query(name: impl Into<String>, value: impl Into<String>);
            set admin_key(key: impl Into<SecretString>);
            set body_limit(bytes: usize);
            $($rest)*
        }}
    };
    ($name:ident $(<$item:ident>)? ($inner:path) { bulk_options; $($rest:tt)* }) => {
        methods! { $name $(<$item>)? ($inner) {
            set concurrency(requests: usize);
            set on_progress(callback: impl Fn(&Progress) + Send + Sync + 'static);
            $($rest)*
        }}
    };
    ($name:ident $(<$item:ident>)? ($inner:path) {
        $kind:ident $method:ident($($argument:ident: $type:ty),*) $(-> $output:ty)?;
        $($rest:tt)*
    }) => {
        impl $(<$item: Item>)? $name $(<$item>)? {
            method! {
                [concat!("See [`", stringify!($method), "`](", stringify!($inner), "::", stringify!($method), ").")]
                $kind $method($($argument: $type),*) $(-> $output)?
            }
        }
        methods! { $name $(<$item>)? ($inner) { $($rest)* } }
    };
}

macro_rules! method {
    ([$doc:expr] set $method:ident($($argument:ident: $type:ty),*)) => {
        #[doc = $doc]
        pub fn $method(mut self, $($argument: $type),*) -> Self {
            self.inner = self.inner.$method($($argument),*);
            self
        }
    };
    ([$doc:expr] get $method:ident() -> $output:ty) => {
        #[doc = $doc]
        #[must_use]
        pub fn $method(&self) -> $output {
            self.inner.$method()
        }
    };
    ([$doc:expr] start $method:ident($($argument:ident: $type:ty),*) -> $output:ty) => {
        #[doc = $doc]
        pub fn $method(&self, $($argument: $type),*) -> $output {
            <$output>::new(self.inner.$method($($argument),*), self.runtime.clone())
        }
    };
    ([$doc:expr] into $method:ident() -> $output:ty) => {
        #[doc = $doc]
        pub fn $method(self) -> $output {
            <$output>::new(self.inner.$method(), self.runtime)
        }
    };
    ([$doc:expr] wait $method:ident() -> $output:ty) => {
        #[doc = $doc]
        ///
        /// # Errors
        ///
        /// Fails if the asynchronous method fails, or if this method is called in an asynchronous task.
        pub fn $method(self) -> Result<$output, Error> {
            self.runtime.wait(self.inner.$method())
        }
    };
}

/// Defines blocking types. Each type contains the asynchronous value and the runtime that runs the calls.
macro_rules! wrapper {
    ($(
        $(#[$attribute:meta])*
        $name:ident $(<$item:ident>)? ($inner:path) { $($methods:tt)* }
    )*) => {$(
        $(#[$attribute])*
        #[derive(Debug)]
        pub struct $name $(<$item: Item = Permission>)? {
            inner: $inner,
            runtime: Runtime,
        }

        impl $(<$item: Item>)? $name $(<$item>)? {
            fn new(inner: $inner, runtime: Runtime) -> Self {
                Self { inner, runtime }
            }
        }

        methods! { $name $(<$item>)? ($inner) { $($methods)* } }
    )*};
}

/// Defines iterators over asynchronous streams. `$fetched` returns the next item if that item has already been fetched.
/// `$convert` creates the blocking item.
macro_rules! iterator {
    ($(
        $(#[$attribute:meta])*
        $name:ident $(<$item:ident>)? ($inner:path) -> $next:ty, $fetched:expr, $convert:expr, { $($methods:tt)* }
    )*) => {$(
        $(#[$attribute])*
        #[derive(Debug)]
        #[must_use = "an iterator does nothing unless it is consumed"]
        pub struct $name $(<$item: Item = Permission>)? {
            inner: $inner,
            runtime: Runtime,
            ended: bool,
        }

        impl $(<$item: Item>)? $name $(<$item>)? {
            fn new(inner: $inner, runtime: Runtime) -> Self {
                Self { inner, runtime, ended: false }
            }
        }

        methods! { $name $(<$item>)? ($inner) { $($methods)* } }

        impl $(<$item: Item>)? Iterator for $name $(<$item>)? {
            type Item = Result<$next, Error>;

            fn next(&mut self) -> Option<Self::Item> {
                let fetched: fn(&mut $inner) -> Option<$next> = $fetched;
                let convert: fn(_, &Runtime) -> $next = $convert;
                if self.ended {
                    return None;
                }
                if let Some(item) = fetched(&mut self.inner) {
                    return Some(Ok(item));
                }
                let next = self.inner.next();
                let next = self.runtime.wait(async { next.await.transpose() });
                self.ended = !matches!(next, Ok(Some(_)));
                next.map(|item| item.map(|item| convert(item, &self.runtime))).transpose()
            }
        }
    )*};
}
