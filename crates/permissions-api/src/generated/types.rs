

    ///`CreatePermissionsRequest`
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    #[serde(deny_unknown_fields)]
    pub struct CreatePermissionsRequest {
        pub project_ids: ::std::vec::Vec<crate::types::ProjectId>,
    }
    impl CreatePermissionsRequest {
        pub fn builder() -> builder::CreatePermissionsRequest {
            Default::default()
        }
    }
    ///`DeletedPermission`
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    pub struct DeletedPermission {
        pub deleted: bool,
        pub id: crate::types::PermissionId,
        pub object: ::std::string::String,
    }
    impl DeletedPermission {
        pub fn builder() -> builder::DeletedPermission {
            Default::default()
        }
    }
    ///`Order`
    #[derive(
        ::serde::Deserialize,
        ::serde::Serialize,
        Clone,
        Copy,
        Debug,
        Eq,
        Hash,
        Ord,
        PartialEq,
        PartialOrd
    )]
    pub enum Order {
        #[serde(rename = "ascending")]
        Ascending,
        #[serde(rename = "descending")]
        Descending,
    }
    impl ::std::fmt::Display for Order {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            match *self {
                Self::Ascending => f.write_str("ascending"),
                Self::Descending => f.write_str("descending"),
            }
        }
    }
    impl ::std::str::FromStr for Order {
        type Err = self::error::ConversionError;
        fn from_str(
            value: &str,
        ) -> ::std::result::Result<Self, self::error::ConversionError> {
            match value {
                "ascending" => Ok(Self::Ascending),
                "descending" => Ok(Self::Descending),
                _ => Err("invalid value".into()),
            }
        }
    }
    impl ::std::convert::TryFrom<&str> for Order {
        type Error = self::error::ConversionError;
        fn try_from(
            value: &str,
        ) -> ::std::result::Result<Self, self::error::ConversionError> {
            value.parse()
        }
    }
    impl ::std::convert::TryFrom<::std::string::String> for Order {
        type Error = self::error::ConversionError;
        fn try_from(
            value: ::std::string::String,
        ) -> ::std::result::Result<Self, self::error::ConversionError> {
            value.parse()
        }
    }
    ///`Permission`
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    pub struct Permission {
        pub created_at: i64,
        pub id: crate::types::PermissionId,
        pub object: ::std::string::String,
        pub project_id: crate::types::ProjectId,
    }
    impl Permission {
        pub fn builder() -> builder::Permission {
            Default::default()
        }
    }
    ///`PermissionList`
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug)]
    pub struct PermissionList {
        pub data: ::std::vec::Vec<Permission>,
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub first_id: ::std::option::Option<crate::types::PermissionId>,
        pub has_more: bool,
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub last_id: ::std::option::Option<crate::types::PermissionId>,
        pub object: ::std::string::String,
    }
    impl PermissionList {
        pub fn builder() -> builder::PermissionList {
            Default::default()
        }
    }
    /// Types for composing complex structures.
    pub mod builder {
        #[derive(Clone, Debug)]
        pub struct CreatePermissionsRequest {
            project_ids: ::std::result::Result<
                ::std::vec::Vec<crate::types::ProjectId>,
                ::std::string::String,
            >,
        }
        impl ::std::default::Default for CreatePermissionsRequest {
            fn default() -> Self {
                Self {
                    project_ids: Err("no value supplied for project_ids".to_string()),
                }
            }
        }
        impl CreatePermissionsRequest {
            pub fn project_ids<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<
                    ::std::vec::Vec<crate::types::ProjectId>,
                >,
                T::Error: ::std::fmt::Display,
            {
                self.project_ids = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for project_ids: {e}")
                    });
                self
            }
        }
        impl ::std::convert::TryFrom<CreatePermissionsRequest>
        for super::CreatePermissionsRequest {
            type Error = super::error::ConversionError;
            fn try_from(
                value: CreatePermissionsRequest,
            ) -> ::std::result::Result<Self, super::error::ConversionError> {
                Ok(Self {
                    project_ids: value.project_ids?,
                })
            }
        }
        impl ::std::convert::From<super::CreatePermissionsRequest>
        for CreatePermissionsRequest {
            fn from(value: super::CreatePermissionsRequest) -> Self {
                Self {
                    project_ids: Ok(value.project_ids),
                }
            }
        }
        #[derive(Clone, Debug)]
        pub struct DeletedPermission {
            deleted: ::std::result::Result<bool, ::std::string::String>,
            id: ::std::result::Result<
                crate::types::PermissionId,
                ::std::string::String,
            >,
            object: ::std::result::Result<::std::string::String, ::std::string::String>,
        }
        impl ::std::default::Default for DeletedPermission {
            fn default() -> Self {
                Self {
                    deleted: Err("no value supplied for deleted".to_string()),
                    id: Err("no value supplied for id".to_string()),
                    object: Err("no value supplied for object".to_string()),
                }
            }
        }
        impl DeletedPermission {
            pub fn deleted<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<bool>,
                T::Error: ::std::fmt::Display,
            {
                self.deleted = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for deleted: {e}")
                    });
                self
            }
            pub fn id<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<crate::types::PermissionId>,
                T::Error: ::std::fmt::Display,
            {
                self.id = value
                    .try_into()
                    .map_err(|e| format!("error converting supplied value for id: {e}"));
                self
            }
            pub fn object<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.object = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for object: {e}")
                    });
                self
            }
        }
        impl ::std::convert::TryFrom<DeletedPermission> for super::DeletedPermission {
            type Error = super::error::ConversionError;
            fn try_from(
                value: DeletedPermission,
            ) -> ::std::result::Result<Self, super::error::ConversionError> {
                Ok(Self {
                    deleted: value.deleted?,
                    id: value.id?,
                    object: value.object?,
                })
            }
        }
        impl ::std::convert::From<super::DeletedPermission> for DeletedPermission {
            fn from(value: super::DeletedPermission) -> Self {
                Self {
                    deleted: Ok(value.deleted),
                    id: Ok(value.id),
                    object: Ok(value.object),
                }
            }
        }
        #[derive(Clone, Debug)]
        pub struct Permission {
            created_at: ::std::result::Result<i64, ::std::string::String>,
            id: ::std::result::Result<
                crate::types::PermissionId,
                ::std::string::String,
            >,
            object: ::std::result::Result<::std::string::String, ::std::string::String>,
            project_id: ::std::result::Result<
                crate::types::ProjectId,
                ::std::string::String,
            >,
        }
        impl ::std::default::Default for Permission {
            fn default() -> Self {
                Self {
                    created_at: Err("no value supplied for created_at".to_string()),
                    id: Err("no value supplied for id".to_string()),
                    object: Err("no value supplied for object".to_string()),
                    project_id: Err("no value supplied for project_id".to_string()),
                }
            }
        }
        impl Permission {
            pub fn created_at<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<i64>,
                T::Error: ::std::fmt::Display,
            {
                self.created_at = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for created_at: {e}")
                    });
                self
            }
            pub fn id<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<crate::types::PermissionId>,
                T::Error: ::std::fmt::Display,
            {
                self.id = value
                    .try_into()
                    .map_err(|e| format!("error converting supplied value for id: {e}"));
                self
            }
            pub fn object<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.object = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for object: {e}")
                    });
                self
            }
            pub fn project_id<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<crate::types::ProjectId>,
                T::Error: ::std::fmt::Display,
            {
                self.project_id = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for project_id: {e}")
                    });
                self
            }
        }
        impl ::std::convert::TryFrom<Permission> for super::Permission {
            type Error = super::error::ConversionError;
            fn try_from(
                value: Permission,
            ) -> ::std::result::Result<Self, super::error::ConversionError> {
                Ok(Self {
                    created_at: value.created_at?,
                    id: value.id?,
                    object: value.object?,
                    project_id: value.project_id?,
                })
            }
        }
        impl ::std::convert::From<super::Permission> for Permission {
            fn from(value: super::Permission) -> Self {
                Self {
                    created_at: Ok(value.created_at),
                    id: Ok(value.id),
                    object: Ok(value.object),
                    project_id: Ok(value.project_id),
                }
            }
        }
        #[derive(Clone, Debug)]
        pub struct PermissionList {
            data: ::std::result::Result<
                ::std::vec::Vec<super::Permission>,
                ::std::string::String,
            >,
            first_id: ::std::result::Result<
                ::std::option::Option<crate::types::PermissionId>,
                ::std::string::String,
            >,
            has_more: ::std::result::Result<bool, ::std::string::String>,
            last_id: ::std::result::Result<
                ::std::option::Option<crate::types::PermissionId>,
                ::std::string::String,
            >,
            object: ::std::result::Result<::std::string::String, ::std::string::String>,
        }
        impl ::std::default::Default for PermissionList {
            fn default() -> Self {
                Self {
                    data: Err("no value supplied for data".to_string()),
                    first_id: Ok(Default::default()),
                    has_more: Err("no value supplied for has_more".to_string()),
                    last_id: Ok(Default::default()),
                    object: Err("no value supplied for object".to_string()),
                }
            }
        }
        impl PermissionList {
            pub fn data<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::vec::Vec<super::Permission>>,
                T::Error: ::std::fmt::Display,
            {
                self.data = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for data: {e}")
                    });
                self
            }
            pub fn first_id<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<
                    ::std::option::Option<crate::types::PermissionId>,
                >,
                T::Error: ::std::fmt::Display,
            {
                self.first_id = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for first_id: {e}")
                    });
                self
            }
            pub fn has_more<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<bool>,
                T::Error: ::std::fmt::Display,
            {
                self.has_more = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for has_more: {e}")
                    });
                self
            }
            pub fn last_id<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<
                    ::std::option::Option<crate::types::PermissionId>,
                >,
                T::Error: ::std::fmt::Display,
            {
                self.last_id = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for last_id: {e}")
                    });
                self
            }
            pub fn object<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.object = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for object: {e}")
                    });
                self
            }
        }
        impl ::std::convert::TryFrom<PermissionList> for super::PermissionList {
            type Error = super::error::ConversionError;
            fn try_from(
                value: PermissionList,
            ) -> ::std::result::Result<Self, super::error::ConversionError> {
                Ok(Self {
                    data: value.data?,
                    first_id: value.first_id?,
                    has_more: value.has_more?,
                    last_id: value.last_id?,
                    object: value.object?,
                })
            }
        }
        impl ::std::convert::From<super::PermissionList> for PermissionList {
            fn from(value: super::PermissionList) -> Self {
                Self {
                    data: Ok(value.data),
                    first_id: Ok(value.first_id),
                    has_more: Ok(value.has_more),
                    last_id: Ok(value.last_id),
                    object: Ok(value.object),
                }
            }
        }
    }
    /// Error types.
    pub mod error {
        /// Why a text is not an identifier.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct InvalidId { type_name: &'static str, reason: &'static str }
        impl ::std::fmt::Display for InvalidId { fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result { write!(f, "invalid {}: {}", self.type_name, self.reason) } }
        impl ::std::error::Error for InvalidId {}
        pub(super) fn check_path_segment(type_name: &'static str, s: &str) -> Result<(), InvalidId> {
            let reason = match s { "" => "it is empty", "." | ".." => "as a URL path segment it would lead to another route", _ => return Ok(()) };
            Err(InvalidId { type_name, reason })
        }

        /// Error from a `TryFrom` or `FromStr` implementation.
        pub struct ConversionError(::std::borrow::Cow<'static, str>);
        impl ::std::error::Error for ConversionError {}
        impl ::std::fmt::Display for ConversionError {
            fn fmt(
                &self,
                f: &mut ::std::fmt::Formatter<'_>,
            ) -> Result<(), ::std::fmt::Error> {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }
        impl ::std::fmt::Debug for ConversionError {
            fn fmt(
                &self,
                f: &mut ::std::fmt::Formatter<'_>,
            ) -> Result<(), ::std::fmt::Error> {
                ::std::fmt::Debug::fmt(&self.0, f)
            }
        }
        impl From<&'static str> for ConversionError {
            fn from(value: &'static str) -> Self {
                Self(value.into())
            }
        }
        impl From<String> for ConversionError {
            fn from(value: String) -> Self {
                Self(value.into())
            }
        }
    }

macro_rules! id { ($($n:ident)*) => { $(
/// An identifier that is safe as one segment of a URL path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize)]
#[serde(transparent)]
pub struct $n(String);
impl $n {
    /// The identifier as text.
    pub fn as_str(&self) -> &str { &self.0 }
}
impl ::std::fmt::Display for $n { fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result { f.write_str(&self.0) } }
impl AsRef<str> for $n { fn as_ref(&self) -> &str { &self.0 } }
impl ::std::str::FromStr for $n { type Err = self::error::InvalidId; fn from_str(s: &str) -> Result<Self, Self::Err> { Self::try_from(s.to_owned()) } }
impl TryFrom<&str> for $n { type Error = self::error::InvalidId; fn try_from(s: &str) -> Result<Self, Self::Error> { Self::try_from(s.to_owned()) } }
impl TryFrom<String> for $n { type Error = self::error::InvalidId; fn try_from(s: String) -> Result<Self, Self::Error> {
    self::error::check_path_segment(stringify!($n), &s)?; Ok(Self(s)) } }
impl From<$n> for String { fn from(id: $n) -> String { id.0 } }
impl<'de> ::serde::Deserialize<'de> for $n { fn deserialize<D: ::serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
    Self::try_from(String::deserialize(d)?).map_err(::serde::de::Error::custom) } }
)* } }
id! { CheckpointId PermissionId ProjectId }
