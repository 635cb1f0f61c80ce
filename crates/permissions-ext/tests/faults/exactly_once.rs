//! Exactly-once creates and deletes: random programs on a network that loses, delays and duplicates requests. A program
//! is a sequence of calls. After each call, the store contains exactly what the client reported.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use permissions_ext::sync::{Change, DesiredState};
use permissions_ext::{Client, Error, ErrorKind, Permission, Permissions, ProjectId, RetryPolicy};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use crate::support::network::Disturbance;
use crate::support::{FaultServer, checkpoint};

/// Number of batches per test. A batch has 50 programs. With the default of 20 batches, each of the two tests runs
/// 1,000 programs. CI sets `EXACTLY_ONCE_BATCHES` to 100.
fn batches() -> u32 {
    std::env::var("EXACTLY_ONCE_BATCHES").map_or(20, |batches| batches.parse().unwrap())
}

const PROGRAMS: usize = 50;

#[derive(Clone, Debug)]
enum Step {
    Create(BTreeSet<u8>),
    DeleteProject(u8),
    DeleteFirst,
    Sync(BTreeSet<u8>),
    List,
}

#[derive(Clone, Debug)]
struct Program {
    disturbances: Vec<Disturbance>,
    /// True if creates are idempotent. Must be true if the network delays or duplicates requests.
    idempotent: bool,
    /// Value of `read_first` in every create.
    read_first: bool,
    steps: Vec<Step>,
}

/// For each project, true if it has a permission according to the results of the client. A failed call removes the
/// requested projects from the map.
type Reported = BTreeMap<ProjectId, bool>;

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let some = || prop::collection::btree_set(0_u8..6, 1..5);
    let step = prop_oneof![
        3 => some().prop_map(Step::Create),
        2 => (0_u8..6).prop_map(Step::DeleteProject),
        1 => Just(Step::DeleteFirst),
        2 => prop::collection::btree_set(0_u8..6, 0..5).prop_map(Step::Sync),
        1 => Just(Step::List),
    ];
    prop::collection::vec(step, 1..6)
}

fn disturbance(idempotent: bool) -> BoxedStrategy<Disturbance> {
    let status = || prop::sample::select(vec![408_u16, 409, 429, 500, 503]);
    let unknown = || prop::sample::select(vec![408_u16, 409, 500, 503]);
    let any_server = prop_oneof![
        8 => Just(Disturbance::None),
        1 => Just(Disturbance::RequestLost),
        1 => Just(Disturbance::ResponseLost),
        1 => status().prop_map(Disturbance::Refused),
        1 => unknown().prop_map(Disturbance::DoneWithStatus),
    ];
    if !idempotent {
        return any_server.boxed();
    }
    prop_oneof![
        6 => any_server,
        1 => (1_u8..4).prop_map(Disturbance::Delayed),
        1 => any::<bool>().prop_map(|second_response| Disturbance::Duplicated { second_response }),
    ]
    .boxed()
}

fn is_rate_limit(disturbance: &Disturbance) -> bool {
    matches!(disturbance, Disturbance::Refused(429))
}

fn programs(idempotent: bool) -> impl Strategy<Value = Vec<Program>> {
    let disturbances = prop::collection::vec(disturbance(idempotent), 1..25);
    let program = (disturbances, any::<bool>(), steps()).prop_map(
        move |(mut disturbances, read_first, steps)| {
            // The network repeats its faults. If all of them are 429 responses, a sync never ends.
            if disturbances.iter().all(is_rate_limit) {
                disturbances.push(Disturbance::None);
            }
            Program {
                disturbances,
                idempotent,
                read_first,
                steps,
            }
        },
    );
    prop::collection::vec(program, PROGRAMS)
}

fn project(number: u8) -> ProjectId {
    format!("proj_{number}").parse().unwrap()
}

struct Run {
    server: FaultServer,
    client: Client,
    /// True if a create may include projects that have a permission.
    may_repeat: bool,
    read_first: bool,
    reported: Reported,
}

impl Run {
    async fn start(program: &Program) -> Self {
        let server =
            FaultServer::with_disturbances(program.disturbances.clone(), program.idempotent).await;
        let retry = RetryPolicy::new().initial_delay(Duration::ZERO);
        let client = server.client_builder().retry(retry).build().unwrap();
        let reported = (0..6).map(|number| (project(number), false)).collect();
        Self {
            server,
            client,
            may_repeat: program.idempotent || program.read_first,
            read_first: program.read_first,
            reported,
        }
    }

    async fn step(&mut self, step: &Step) {
        match step {
            Step::Create(projects) => {
                self.create(projects.iter().copied().map(project).collect())
                    .await
            }
            Step::DeleteProject(number) => self.delete_project(project(*number)).await,
            Step::DeleteFirst => self.delete_first().await,
            Step::Sync(projects) => {
                self.sync(projects.iter().copied().map(project).collect())
                    .await
            }
            Step::List => drop(self.list().await),
        }
        self.server.deliver_delayed();
        self.check(step);
    }

    async fn create(&mut self, mut projects: Vec<ProjectId>) {
        if !self.may_repeat {
            let existing = self.server.projects();
            projects.retain(|project| !existing.iter().any(|known| known == project.as_str()));
        }
        if projects.is_empty() {
            return;
        }
        let before = self.reported.clone();
        let create = self
            .permissions()
            .create(&projects)
            .read_first(self.read_first);
        let created: Vec<Permission> = match create.send().await {
            Ok(created) => {
                let reported = created.iter().map(|permission| &permission.project_id);
                assert!(reported.eq(&projects), "a project is missing");
                for permission in created.new_permissions().unwrap_or_default() {
                    assert_ne!(
                        before.get(&permission.project_id),
                        Some(&true),
                        "reported as new, but existed before"
                    );
                }
                created.into_permissions()
            }
            Err(error) => {
                for project in &projects {
                    self.reported.remove(project);
                }
                error.created().to_vec()
            }
        };
        for permission in created {
            self.reported.insert(permission.project_id, true);
        }
    }

    fn permissions(&self) -> Permissions {
        self.client.permissions(checkpoint()).unwrap()
    }

    async fn delete_project(&mut self, project: ProjectId) {
        match self.permissions().delete_project(&project).send().await {
            Ok(_) => self.reported.insert(project, false),
            Err(_) => self.reported.remove(&project),
        };
    }

    async fn delete_first(&mut self) {
        let Ok(all) = self.list().await else { return };
        let Some(first) = all.into_iter().next() else {
            return;
        };
        match self.permissions().delete(&first.id).send().await {
            Ok(_) => self.reported.insert(first.project_id, false),
            // The response to a duplicated request may be a 404.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.reported.insert(first.project_id, false)
            }
            Err(_) => self.reported.remove(&first.project_id),
        };
    }

    async fn sync(&mut self, projects: Vec<ProjectId>) {
        let desired = DesiredState::new()
            .checkpoint(checkpoint(), projects)
            .unwrap();
        let Ok(plan) = self.client.plan(desired).send().await else {
            return;
        };
        self.server.deliver_delayed();
        let apply = self.client.apply(plan).allow_delete(true).allow_empty(true);
        let Ok(applied) = apply.send().await else {
            return;
        };
        for change in applied.changes() {
            let (project, present) = match &change.change {
                Change::Create { project_id } => (project_id, true),
                Change::Delete { project_id, .. } => (project_id, false),
                other => panic!("unknown change: {other:?}"),
            };
            if change.outcome.is_done() {
                self.reported.insert(project.clone(), present);
            } else {
                self.reported.remove(project);
            }
        }
    }

    async fn list(&self) -> Result<Vec<Permission>, Error> {
        let all: Vec<Permission> = self.permissions().list().page_size(2).all().await?;
        let mut listed: Vec<String> = all
            .iter()
            .map(|permission| permission.project_id.to_string())
            .collect();
        listed.reverse();
        assert_eq!(
            listed,
            self.server.projects(),
            "the list differs from the store"
        );
        Ok(all)
    }

    fn check(&mut self, step: &Step) {
        let store = self.server.projects();
        for number in 0..6 {
            let project = project(number);
            let count = store
                .iter()
                .filter(|known| *known == project.as_str())
                .count();
            assert!(
                count <= 1,
                "{step:?} created {count} permissions for {project}"
            );
            // A failed call has removed the project from the map. The store then shows whether the project has a
            // permission.
            let reported = *self.reported.entry(project.clone()).or_insert(count == 1);
            assert_eq!(
                count == 1,
                reported,
                "{step:?}: the report about {project} is wrong"
            );
        }
    }
}

async fn run(program: Program) {
    let mut run = Run::start(&program).await;
    for step in &program.steps {
        run.step(step).await;
    }
}

/// Runs independent programs concurrently, because each program mostly waits for the network.
fn run_all(programs: Vec<Program>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(
        stream::iter(programs)
            .map(run)
            .buffer_unordered(PROGRAMS)
            .collect::<Vec<()>>(),
    );
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: batches(),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn reported_results_match_store_if_creates_are_not_idempotent(programs in programs(false)) {
        run_all(programs);
    }

    #[test]
    fn reports_match_store_with_delayed_and_duplicated_requests(programs in programs(true)) {
        run_all(programs);
    }
}
