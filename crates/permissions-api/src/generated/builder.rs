
    use super::types;
    #[allow(unused_imports)]
    use super::{
        encode_path, ByteStream, ClientInfo, ClientHooks, Error, OperationInfo,
        RequestBuilderExt, ResponseValue,
    };
    /**Builder for [`Client::list_checkpoint_permissions`]

[`Client::list_checkpoint_permissions`]: super::Client::list_checkpoint_permissions*/
    #[derive(Debug, Clone)]
    pub struct ListCheckpointPermissions<'a> {
        client: &'a super::Client,
        fine_tuned_model_checkpoint: Result<crate::types::CheckpointId, String>,
        after: Result<Option<crate::types::PermissionId>, String>,
        limit: Result<Option<i64>, String>,
        order: Result<Option<types::Order>, String>,
        project_id: Result<Option<crate::types::ProjectId>, String>,
    }
    impl<'a> ListCheckpointPermissions<'a> {
        pub fn new(client: &'a super::Client) -> Self {
            Self {
                client: client,
                fine_tuned_model_checkpoint: Err(
                    "fine_tuned_model_checkpoint was not initialized".to_string(),
                ),
                after: Ok(None),
                limit: Ok(None),
                order: Ok(None),
                project_id: Ok(None),
            }
        }
        pub fn fine_tuned_model_checkpoint<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<crate::types::CheckpointId>,
        {
            self.fine_tuned_model_checkpoint = value
                .try_into()
                .map_err(|_| {
                    "conversion to `crate :: generated :: ids :: CheckpointId` for fine_tuned_model_checkpoint failed"
                        .to_string()
                });
            self
        }
        pub fn after<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<crate::types::PermissionId>,
        {
            self.after = value
                .try_into()
                .map(Some)
                .map_err(|_| {
                    "conversion to `crate :: generated :: ids :: PermissionId` for after failed"
                        .to_string()
                });
            self
        }
        pub fn limit<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<i64>,
        {
            self.limit = value
                .try_into()
                .map(Some)
                .map_err(|_| "conversion to `i64` for limit failed".to_string());
            self
        }
        pub fn order<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<types::Order>,
        {
            self.order = value
                .try_into()
                .map(Some)
                .map_err(|_| "conversion to `Order` for order failed".to_string());
            self
        }
        pub fn project_id<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<crate::types::ProjectId>,
        {
            self.project_id = value
                .try_into()
                .map(Some)
                .map_err(|_| {
                    "conversion to `crate :: generated :: ids :: ProjectId` for project_id failed"
                        .to_string()
                });
            self
        }
        ///Sends a `GET` request to `/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions`
        pub async fn send(
            self,
        ) -> Result<ResponseValue<types::PermissionList>, Error<()>> {
            let Self {
                client,
                fine_tuned_model_checkpoint,
                after,
                limit,
                order,
                project_id,
            } = self;
            let fine_tuned_model_checkpoint = fine_tuned_model_checkpoint
                .map_err(Error::InvalidRequest)?;
            let after = after.map_err(Error::InvalidRequest)?;
            let limit = limit.map_err(Error::InvalidRequest)?;
            let order = order.map_err(Error::InvalidRequest)?;
            let project_id = project_id.map_err(Error::InvalidRequest)?;
            let url = format!(
                "{}/fine_tuning/checkpoints/{}/permissions", client.baseurl,
                encode_path(& fine_tuned_model_checkpoint.to_string()),
            );
            let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
            header_map
                .append(
                    ::reqwest::header::HeaderName::from_static("api-version"),
                    ::reqwest::header::HeaderValue::from_static(
                        super::Client::api_version(),
                    ),
                );
            #[allow(unused_mut)]
            let mut request = client
                .client
                .get(url)
                .header(
                    ::reqwest::header::ACCEPT,
                    ::reqwest::header::HeaderValue::from_static("application/json"),
                )
                .query(&progenitor_client::QueryParam::new("after", &after))
                .query(&progenitor_client::QueryParam::new("limit", &limit))
                .query(&progenitor_client::QueryParam::new("order", &order))
                .query(&progenitor_client::QueryParam::new("project_id", &project_id))
                .headers(header_map)
                .build()?;
            let info = OperationInfo {
                operation_id: "list_checkpoint_permissions",
            };
            client.pre(&mut request, &info).await?;
            let result = client.exec(request, &info).await;
            client.post(&result, &info).await?;
            let response = result?;
            match response.status().as_u16() {
                200u16 => ResponseValue::from_response(response).await,
                _ => Err(Error::UnexpectedResponse(response)),
            }
        }
    }
    /**Builder for [`Client::create_checkpoint_permissions`]

[`Client::create_checkpoint_permissions`]: super::Client::create_checkpoint_permissions*/
    #[derive(Debug, Clone)]
    pub struct CreateCheckpointPermissions<'a> {
        client: &'a super::Client,
        fine_tuned_model_checkpoint: Result<crate::types::CheckpointId, String>,
        body: Result<types::builder::CreatePermissionsRequest, String>,
    }
    impl<'a> CreateCheckpointPermissions<'a> {
        pub fn new(client: &'a super::Client) -> Self {
            Self {
                client: client,
                fine_tuned_model_checkpoint: Err(
                    "fine_tuned_model_checkpoint was not initialized".to_string(),
                ),
                body: Ok(::std::default::Default::default()),
            }
        }
        pub fn fine_tuned_model_checkpoint<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<crate::types::CheckpointId>,
        {
            self.fine_tuned_model_checkpoint = value
                .try_into()
                .map_err(|_| {
                    "conversion to `crate :: generated :: ids :: CheckpointId` for fine_tuned_model_checkpoint failed"
                        .to_string()
                });
            self
        }
        pub fn body<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<types::CreatePermissionsRequest>,
            <V as std::convert::TryInto<
                types::CreatePermissionsRequest,
            >>::Error: std::fmt::Display,
        {
            self.body = value
                .try_into()
                .map(From::from)
                .map_err(|s| {
                    format!(
                        "conversion to `CreatePermissionsRequest` for body failed: {}", s
                    )
                });
            self
        }
        pub fn body_map<F>(mut self, f: F) -> Self
        where
            F: std::ops::FnOnce(
                types::builder::CreatePermissionsRequest,
            ) -> types::builder::CreatePermissionsRequest,
        {
            self.body = self.body.map(f);
            self
        }
        ///Sends a `POST` request to `/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions`
        pub async fn send(
            self,
        ) -> Result<ResponseValue<types::PermissionList>, Error<()>> {
            let Self { client, fine_tuned_model_checkpoint, body } = self;
            let fine_tuned_model_checkpoint = fine_tuned_model_checkpoint
                .map_err(Error::InvalidRequest)?;
            let body = body
                .and_then(|v| {
                    types::CreatePermissionsRequest::try_from(v)
                        .map_err(|e| e.to_string())
                })
                .map_err(Error::InvalidRequest)?;
            let url = format!(
                "{}/fine_tuning/checkpoints/{}/permissions", client.baseurl,
                encode_path(& fine_tuned_model_checkpoint.to_string()),
            );
            let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
            header_map
                .append(
                    ::reqwest::header::HeaderName::from_static("api-version"),
                    ::reqwest::header::HeaderValue::from_static(
                        super::Client::api_version(),
                    ),
                );
            #[allow(unused_mut)]
            let mut request = client
                .client
                .post(url)
                .header(
                    ::reqwest::header::ACCEPT,
                    ::reqwest::header::HeaderValue::from_static("application/json"),
                )
                .json(&body)
                .headers(header_map)
                .build()?;
            let info = OperationInfo {
                operation_id: "create_checkpoint_permissions",
            };
            client.pre(&mut request, &info).await?;
            let result = client.exec(request, &info).await;
            client.post(&result, &info).await?;
            let response = result?;
            match response.status().as_u16() {
                200u16 => ResponseValue::from_response(response).await,
                _ => Err(Error::UnexpectedResponse(response)),
            }
        }
    }
    /**Builder for [`Client::delete_checkpoint_permission`]

[`Client::delete_checkpoint_permission`]: super::Client::delete_checkpoint_permission*/
    #[derive(Debug, Clone)]
    pub struct DeleteCheckpointPermission<'a> {
        client: &'a super::Client,
        fine_tuned_model_checkpoint: Result<crate::types::CheckpointId, String>,
        permission_id: Result<crate::types::PermissionId, String>,
    }
    impl<'a> DeleteCheckpointPermission<'a> {
        pub fn new(client: &'a super::Client) -> Self {
            Self {
                client: client,
                fine_tuned_model_checkpoint: Err(
                    "fine_tuned_model_checkpoint was not initialized".to_string(),
                ),
                permission_id: Err("permission_id was not initialized".to_string()),
            }
        }
        pub fn fine_tuned_model_checkpoint<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<crate::types::CheckpointId>,
        {
            self.fine_tuned_model_checkpoint = value
                .try_into()
                .map_err(|_| {
                    "conversion to `crate :: generated :: ids :: CheckpointId` for fine_tuned_model_checkpoint failed"
                        .to_string()
                });
            self
        }
        pub fn permission_id<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<crate::types::PermissionId>,
        {
            self.permission_id = value
                .try_into()
                .map_err(|_| {
                    "conversion to `crate :: generated :: ids :: PermissionId` for permission_id failed"
                        .to_string()
                });
            self
        }
        ///Sends a `DELETE` request to `/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions/{permission_id}`
        pub async fn send(
            self,
        ) -> Result<ResponseValue<types::DeletedPermission>, Error<()>> {
            let Self { client, fine_tuned_model_checkpoint, permission_id } = self;
            let fine_tuned_model_checkpoint = fine_tuned_model_checkpoint
                .map_err(Error::InvalidRequest)?;
            let permission_id = permission_id.map_err(Error::InvalidRequest)?;
            let url = format!(
                "{}/fine_tuning/checkpoints/{}/permissions/{}", client.baseurl,
                encode_path(& fine_tuned_model_checkpoint.to_string()), encode_path(&
                permission_id.to_string()),
            );
            let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
            header_map
                .append(
                    ::reqwest::header::HeaderName::from_static("api-version"),
                    ::reqwest::header::HeaderValue::from_static(
                        super::Client::api_version(),
                    ),
                );
            #[allow(unused_mut)]
            let mut request = client
                .client
                .delete(url)
                .header(
                    ::reqwest::header::ACCEPT,
                    ::reqwest::header::HeaderValue::from_static("application/json"),
                )
                .headers(header_map)
                .build()?;
            let info = OperationInfo {
                operation_id: "delete_checkpoint_permission",
            };
            client.pre(&mut request, &info).await?;
            let result = client.exec(request, &info).await;
            client.post(&result, &info).await?;
            let response = result?;
            match response.status().as_u16() {
                200u16 => ResponseValue::from_response(response).await,
                _ => Err(Error::UnexpectedResponse(response)),
            }
        }
    }
