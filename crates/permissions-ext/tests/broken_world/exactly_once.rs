//! Exactly once: random programs through a network and a server that drop, delay and repeat. After each step of each
//! program the store holds what the client reported, no more and no less.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use permissions_ext::{Change, Client, Desired, Error, Permission, ProjectId, RetryPolicy};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use crate::support::chaos::Misfortune;
use crate::support::{World, checkpoint};

/// Batches of 50 programs for each of the two kinds of server: 2,000 programs in all, and 10,000 where
/// `EXACTLY_ONCE_BATCHES` is 100, as in CI.
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
    misfortunes: Vec<Misfortune>,
    /// Asked twice for the same permission, the server makes one. Only such a server can bear requests that come late
    /// or twice.
    forgiving: bool,
    /// Whether a create reads what exists before it asks.
    read_first: bool,
    steps: Vec<Step>,
}

/// What the client's reports say of a project. One that no report is sure of is left out.
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

fn misfortune(forgiving: bool) -> BoxedStrategy<Misfortune> {
    let status = || prop::sample::select(vec![408_u16, 409, 429, 500, 503]);
    let unknown = || prop::sample::select(vec![408_u16, 409, 500, 503]);
    let any_server = prop_oneof![
        8 => Just(Misfortune::None),
        1 => Just(Misfortune::Lost),
        1 => Just(Misfortune::AnswerLost),
        1 => status().prop_map(Misfortune::Refused),
        1 => unknown().prop_map(Misfortune::DoneButAnswered),
    ];
    if !forgiving {
        return any_server.boxed();
    }
    prop_oneof![
        6 => any_server,
        1 => (1_u8..4).prop_map(Misfortune::Late),
        1 => any::<bool>().prop_map(|second_answer| Misfortune::Twice { second_answer }),
    ]
    .boxed()
}

fn programs(forgiving: bool) -> impl Strategy<Value = Vec<Program>> {
    let misfortunes = prop::collection::vec(misfortune(forgiving), 1..25);
    let program =
        (misfortunes, any::<bool>(), steps()).prop_map(move |(misfortunes, read_first, steps)| {
            Program {
                misfortunes,
                forgiving,
                read_first,
                steps,
            }
        });
    prop::collection::vec(program, PROGRAMS)
}

fn project(number: u8) -> ProjectId {
    format!("proj_{number}").parse().unwrap()
}

struct Run {
    world: World,
    client: Client,
    /// Whether a create may ask for what exists.
    may_ask_again: bool,
    read_first: bool,
    reported: Reported,
}

impl Run {
    async fn start(program: &Program) -> Self {
        let world = World::in_chaos(program.misfortunes.clone(), program.forgiving).await;
        let retry = RetryPolicy::new().initial_delay(Duration::ZERO);
        let client = world.builder().retry(retry).build().unwrap();
        let reported = (0..6).map(|number| (project(number), false)).collect();
        Self {
            world,
            client,
            may_ask_again: program.forgiving || program.read_first,
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
        self.world.settle();
        self.check(step);
    }

    async fn create(&mut self, mut projects: Vec<ProjectId>) {
        if !self.may_ask_again {
            let there = self.world.projects();
            projects.retain(|project| !there.iter().any(|known| known == project.as_str()));
        }
        if projects.is_empty() {
            return;
        }
        let before = self.reported.clone();
        let (created, whole) = match self
            .client
            .permissions(&checkpoint())
            .create(projects.clone())
            .read_first(self.read_first)
            .send()
            .await
        {
            Ok(created) => (created, true),
            Err(error) => {
                for project in &projects {
                    self.reported.remove(project);
                }
                (error.created().cloned().unwrap_or_default(), false)
            }
        };
        assert!(
            !whole
                || created
                    .iter()
                    .map(|permission| &permission.project_id)
                    .eq(&projects),
            "not all are reported"
        );
        for permission in created.created() {
            // Only who has read what exists can be sure.
            assert!(
                !self.read_first || before.get(&permission.project_id) != Some(&true),
                "created though it was there"
            );
            self.reported.insert(permission.project_id.clone(), true);
        }
        for permission in created.existing() {
            assert_ne!(
                before.get(&permission.project_id),
                Some(&false),
                "there before though nobody had created it"
            );
            self.reported.insert(permission.project_id.clone(), true);
        }
    }

    async fn delete_project(&mut self, project: ProjectId) {
        match self
            .client
            .permissions(&checkpoint())
            .delete_project(&project)
            .send()
            .await
        {
            Ok(_) => self.reported.insert(project, false),
            Err(_) => self.reported.remove(&project),
        };
    }

    async fn delete_first(&mut self) {
        let Ok(all) = self.list().await else { return };
        let Some(first) = all.into_iter().next() else {
            return;
        };
        match self
            .client
            .permissions(&checkpoint())
            .delete(&first.id)
            .send()
            .await
        {
            Ok(_) => self.reported.insert(first.project_id, false),
            // Gone is gone, whoever did it: a request that came twice may be answered so.
            Err(error) if error.is_not_found() => self.reported.insert(first.project_id, false),
            Err(_) => self.reported.remove(&first.project_id),
        };
    }

    async fn sync(&mut self, projects: Vec<ProjectId>) {
        let desired = Desired::new().checkpoint(checkpoint(), projects);
        let Ok(plan) = self.client.plan(desired).send().await else {
            return;
        };
        self.world.settle();
        let apply = self.client.apply(plan).allow_delete(true).allow_empty(true);
        let Ok(applied) = apply.send().await else {
            return;
        };
        for step in applied.steps() {
            let (project, present) = match &step.change {
                Change::Create { project_id } => (project_id, true),
                Change::Delete { project_id, .. } => (project_id, false),
                other => panic!("an unknown change: {other:?}"),
            };
            if step.outcome.is_done() {
                self.reported.insert(project.clone(), present);
            } else {
                self.reported.remove(project);
            }
        }
    }

    async fn list(&self) -> Result<Vec<Permission>, Error> {
        let all: Vec<Permission> = self
            .client
            .permissions(&checkpoint())
            .list()
            .page_size(2)
            .stream()
            .try_collect()
            .await?;
        let mut listed: Vec<String> = all
            .iter()
            .map(|permission| permission.project_id.to_string())
            .collect();
        listed.reverse();
        assert_eq!(
            listed,
            self.world.projects(),
            "the list is not what the store holds"
        );
        Ok(all)
    }

    fn check(&mut self, step: &Step) {
        let store = self.world.projects();
        for number in 0..6 {
            let project = project(number);
            let count = store
                .iter()
                .filter(|known| *known == project.as_str())
                .count();
            assert!(
                count <= 1,
                "{step:?} made {count} permissions for {project}"
            );
            // What no report was sure of is known from here on.
            let reported = *self.reported.entry(project.clone()).or_insert(count == 1);
            assert_eq!(
                count == 1,
                reported,
                "{step:?}: the report on {project} is wrong"
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

/// Programs have nothing to do with each other, and spend their time waiting: many run at once.
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
    fn the_store_holds_what_was_reported_where_asking_twice_makes_two(programs in programs(false)) {
        run_all(programs);
    }

    #[test]
    fn the_store_holds_what_was_reported_where_requests_come_late_or_twice(programs in programs(true)) {
        run_all(programs);
    }
}
