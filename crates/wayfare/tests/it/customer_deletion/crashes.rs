//! A crash in the middle of a deletion, at each of its steps, and a query that runs meanwhile.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::json;
use tempfile::TempDir;
use tokio::sync::Semaphore;
use uuid::Uuid;
use wayfare_model::cells::Cells;
use wayfare_model::deletion::{Deletion, Removed};
use wayfare_model::id::{IdSource, OrganisationId};
use wayfare_model::query::Plan;
use wayfare_model::time::Moment;
use wayfare_store::Result;
use wayfare_store::deletions::Deletions;
use wayfare_store::facts::Facts;

use super::{JOBS, NOVEMBER, counted, live_through, path, traces};
use crate::harness::{TestServer, aggregates, text, visitor, wait_until};

/// What a process leaves that is killed now: the files as they are.
type Image = TempDir;

/// Deletes as its inner one does, and keeps what would be left by a crash at each step.
struct Watched {
    inner: Arc<dyn Deletions>,
    directory: PathBuf,
    images: Arc<Mutex<Vec<(String, Image)>>>,
}

impl Watched {
    fn keep(&self, step: &str) {
        let image = tempfile::tempdir().expect("a temporary directory");
        copy(&self.directory, image.path());
        self.images.lock().expect("the images").push((step.to_owned(), image));
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a directory") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            std::fs::create_dir(&target).expect("a directory");
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("a copy");
        }
    }
}

#[async_trait::async_trait]
impl Deletions for Watched {
    async fn delete_rows(
        &self,
        organisation: OrganisationId,
        deletion: &Deletion,
        ids: IdSource,
        _: usize,
    ) -> Result<bool> {
        self.keep("before rows");
        let is_done = self.inner.delete_rows(organisation, deletion, ids, 10).await;
        self.keep("after rows");
        is_done
    }

    async fn erase_facts(&self, organisation: OrganisationId, deletion: &Deletion) -> Result<()> {
        self.keep("before facts");
        let erased = self.inner.erase_facts(organisation, deletion).await;
        self.keep("after facts");
        erased
    }

    async fn delete_changes(
        &self,
        organisation: OrganisationId,
        deletion: &Deletion,
    ) -> Result<()> {
        self.keep("before changes");
        let deleted = self.inner.delete_changes(organisation, deletion).await;
        self.keep("after changes");
        deleted
    }

    async fn deleted_customers(
        &self,
        organisation: OrganisationId,
        deletion: &Deletion,
    ) -> Result<Vec<String>> {
        self.inner.deleted_customers(organisation, deletion).await
    }

    async fn removed(&self, organisation: OrganisationId, deletion: &Deletion) -> Result<Removed> {
        self.keep("after documents");
        self.inner.removed(organisation, deletion).await
    }

    async fn forget_deletion(&self, organisation: OrganisationId, deletion: Uuid) -> Result<()> {
        self.keep("before forgetting");
        let forgotten = self.inner.forget_deletion(organisation, deletion).await;
        self.keep("after forgetting");
        forgotten
    }

    async fn scrub(&self) -> Result<()> {
        let scrubbed = self.inner.scrub().await;
        self.keep("after scrubbing");
        scrubbed
    }
}

#[test]
fn a_crash_at_any_step_loses_nothing_of_a_deletion() {
    let own = tempfile::tempdir().expect("a temporary directory");
    let images = Arc::<Mutex<Vec<(String, Image)>>>::default();
    let server = TestServer::open_shipping(own.path(), |stores| {
        stores.deletions = Arc::new(Watched {
            inner: stores.deletions.clone(),
            directory: own.path().to_owned(),
            images: images.clone(),
        });
    });
    live_through(&server);
    let client = server.client();
    let before = counted(&client);
    let receipt = client.delete(&path("cookie", &visitor(1))).with(200);
    assert_eq!(receipt["state"], "Done");
    let now = server.clock.text(0);
    server.close();
    let images = std::mem::take(&mut *images.lock().expect("the images"));
    assert!(images.len() > 10, "{}", images.len());
    for (step, image) in images {
        let server = TestServer::open_shipping(image.path(), |_| {});
        server.clock.set(&now);
        let client = server.client();
        wait_until(&step, || client.get(text(&receipt["selfUri"])).with(200)["state"] == "Done");
        let found = traces().found_in(image.path());
        assert_eq!(found, [""; 0], "{step}");
        assert_eq!(counted(&client), before, "{step}");
        let after = client.get(text(&receipt["selfUri"])).with(200);
        assert_eq!(after["removed"], receipt["removed"], "{step}");
        let organisation = server.app.first_organisation().expect("an organisation");
        let verified = server.run(server.store().verify_facts(organisation)).expect("a check");
        assert!(verified.is_sound(), "{step}: {verified:?}");
        server.close();
        assert_eq!(traces().found_in(image.path()), [""; 0], "{step}");
    }
}

/// Facts that answer as of a moment ago: the answer waits at a gate.
struct Late {
    facts: Arc<dyn Facts>,
    gate: Arc<Semaphore>,
}

#[async_trait::async_trait]
impl Facts for Late {
    async fn run(&self, organisation: OrganisationId, plan: &Plan) -> Result<Cells> {
        let cells = self.facts.run(organisation, plan).await;
        self.gate.acquire().await.expect("an open gate").forget();
        cells
    }

    async fn maintain(&self, now: Moment) -> Result<()> {
        self.facts.maintain(now).await
    }
}

#[test]
fn a_job_that_ran_meanwhile_does_not_name_the_customer() {
    let own = tempfile::tempdir().expect("a temporary directory");
    let gate = Arc::new(Semaphore::new(0));
    let held = gate.clone();
    let server = TestServer::open_shipping(own.path(), |stores| {
        stores.facts = Arc::new(Late { facts: stores.facts.clone(), gate: held });
    });
    live_through(&server);
    let client = server.client();
    let query = aggregates(NOVEMBER, "nJourneySessions", &["journeyCustomerId"]);
    let id = text(&client.post(JOBS, &query).with(202)["jobId"]).to_owned();
    let job = format!("{JOBS}/{id}");
    wait_until("the job runs", || client.get(&job).with(202)["state"] == "PENDING");
    let receipt = client.delete(&path("cookie", &visitor(1))).with(200);
    assert_eq!(receipt["state"], "Done");
    gate.add_permits(100);
    wait_until("the job's end", || client.get(&job).status == 200);
    let results = client.get(&format!("{job}/results")).with(200);
    assert!(!results.to_string().contains(&visitor(1)), "{results}");
    assert_eq!(results["results"].as_array().map(Vec::len), Some(3), "{results}");
    assert_eq!(
        client.delete(&path("cookie", &visitor(1))).with(200)["removed"]["documents"],
        json!(0)
    );
    server.close();
}
