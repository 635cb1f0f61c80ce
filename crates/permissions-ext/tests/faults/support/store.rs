//! The store of the server. By default, creates are not idempotent: two requests create two permissions.

use serde_json::{Value, json};

use super::wire::{Reply, Request};

#[derive(Debug, Default)]
pub struct Store {
    /// The permissions of one checkpoint as pairs of id and project, oldest first.
    pub permissions: Vec<(String, String)>,
    /// The projects of the organization as JSON objects.
    pub organization: Vec<Value>,
    created: usize,
    /// True if a second create for a project returns the first permission.
    pub idempotent: bool,
}

impl Store {
    pub fn add(&mut self, project: &str) -> String {
        let existing = self
            .permissions
            .iter()
            .find(|(_, known)| self.idempotent && known == project);
        if let Some((id, _)) = existing {
            return id.clone();
        }
        let id = format!("cp_{:024}", self.created);
        self.created += 1;
        self.permissions.push((id.clone(), project.to_owned()));
        id
    }

    /// Processes a request as the API does.
    pub fn process(&mut self, request: &Request) -> Reply {
        match request.method.as_str() {
            "GET" if request.path().ends_with("/organization/projects") => {
                self.list_projects(request)
            }
            "GET" => self.list(request),
            "POST" => self.create(request),
            _ => self.delete(request),
        }
    }

    pub fn projects(&self) -> Vec<&str> {
        self.permissions
            .iter()
            .map(|(_, project)| project.as_str())
            .collect()
    }

    fn list(&self, request: &Request) -> Reply {
        let filter = request.query("project_id");
        let mut all: Vec<_> = self
            .permissions
            .iter()
            .filter(|(_, project)| filter.as_ref().is_none_or(|filter| filter == project))
            .collect();
        if request.query("order").as_deref() != Some("ascending") {
            all.reverse();
        }
        let all = all.into_iter().map(permission).collect();
        page(all, request, 10)
    }

    fn list_projects(&self, request: &Request) -> Reply {
        let archived = request.query("include_archived").as_deref() == Some("true");
        let mut projects = self.organization.clone();
        projects.retain(|project| archived || project["archived_at"].is_null());
        page(projects, request, 20)
    }

    fn create(&mut self, request: &Request) -> Reply {
        let body: Value = serde_json::from_str(&request.body).unwrap();
        let projects = body["project_ids"].as_array().unwrap();
        let created: Vec<_> = projects
            .iter()
            .map(|project| project.as_str().unwrap().to_owned())
            .map(|project| (self.add(&project), project))
            .collect();
        Reply::json(200, &list_body(&created.iter().collect::<Vec<_>>(), false))
            .with("x-request-id", "req_2")
    }

    fn delete(&mut self, request: &Request) -> Reply {
        let id = request.path().rsplit('/').next().unwrap();
        let Some(at) = self.permissions.iter().position(|(known, _)| known == id) else {
            let error = json!({"message": "no such permission", "type": "invalid_request_error", "param": null, "code": null});
            return Reply::json(404, &json!({ "error": error }));
        };
        self.permissions.remove(at);
        Reply::json(
            200,
            &json!({"object": "checkpoint.permission", "id": id, "deleted": true}),
        )
    }
}

/// Returns the requested page of a list.
fn page(all: Vec<Value>, request: &Request, default_limit: usize) -> Reply {
    let after = request.query("after");
    let start = after.map_or(0, |after| {
        all.iter()
            .position(|item| item["id"] == *after)
            .map_or(all.len(), |at| at + 1)
    });
    let limit = request
        .query("limit")
        .map_or(default_limit, |limit| limit.parse().unwrap());
    let has_more = all.len() > start + limit;
    let page: Vec<Value> = all.into_iter().skip(start).take(limit).collect();
    Reply::json(200, &body(&page, has_more)).with("x-request-id", "req_1")
}

/// Returns the response body of a list or a create.
pub fn list_body(permissions: &[&(String, String)], has_more: bool) -> Value {
    let data: Vec<Value> = permissions.iter().copied().map(permission).collect();
    body(&data, has_more)
}

fn permission((id, project): &(String, String)) -> Value {
    json!({"object": "checkpoint.permission", "id": id, "created_at": 1_721_764_867, "project_id": project})
}

/// Returns the response body of a list of any items.
pub fn body(data: &[Value], has_more: bool) -> Value {
    let id = |item: Option<&Value>| item.map(|item| item["id"].clone());
    json!({"object": "list", "data": data, "first_id": id(data.first()), "last_id": id(data.last()), "has_more": has_more})
}
