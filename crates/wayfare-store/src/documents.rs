//! Versioned documents by organisation, kind and id.

use async_trait::async_trait;
use uuid::Uuid;
use wayfare_model::id::OrganisationId;
use wayfare_model::time::Moment;

use crate::error::Result;

/// What a document is. The name is stored: it never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// An organisation. Its document lies in the organisation itself, under its own id.
    Organisation,
    /// An OAuth client.
    Client,
    /// An access token; its id is made from the token's hash.
    Token,
    /// A person who signs in.
    User,
    /// The name a person signs in with; its id is made from the name, so that it is there once.
    UserName,
    /// A role.
    Role,
    /// A code that is given for a token once; its id is made from the code's hash.
    AuthorizationCode,
    /// A browser that has signed in; its id is made from the hash of the browser's secret.
    SignIn,
    /// A deployment.
    Deployment,
    /// An action target.
    ActionTarget,
    /// A segment.
    Segment,
    /// An aggregates job.
    AggregateJob,
    /// A page of an aggregates job's results; its id is made from the job's and its number.
    AggregateResult,
    /// A back-test of a draft of a segment.
    Backtest,
    /// The deletion of a customer.
    CustomerDeletion,
    /// A webhook.
    Webhook,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 16] = [
        Self::Organisation,
        Self::Client,
        Self::Token,
        Self::User,
        Self::UserName,
        Self::Role,
        Self::AuthorizationCode,
        Self::SignIn,
        Self::Deployment,
        Self::ActionTarget,
        Self::Segment,
        Self::AggregateJob,
        Self::AggregateResult,
        Self::Backtest,
        Self::CustomerDeletion,
        Self::Webhook,
    ];

    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Organisation => "organisation",
            Self::Client => "client",
            Self::Token => "token",
            Self::User => "user",
            Self::UserName => "user_name",
            Self::Role => "role",
            Self::AuthorizationCode => "authorization_code",
            Self::SignIn => "sign_in",
            Self::Deployment => "deployment",
            Self::ActionTarget => "action_target",
            Self::Segment => "segment",
            Self::AggregateJob => "aggregate_job",
            Self::AggregateResult => "aggregate_result",
            Self::Backtest => "backtest",
            Self::CustomerDeletion => "customer_deletion",
            Self::Webhook => "webhook",
        }
    }
}

/// A document: JSON text under a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its id within organisation and kind.
    pub id: Uuid,
    /// Counts changes, from 1.
    pub version: u32,
    /// When this version was written.
    pub written: Moment,
    /// When it ends by itself and may be swept; never, when absent.
    pub expires: Option<Moment>,
    /// JSON text. Its shape belongs to whoever writes it.
    pub body: String,
}

/// Versioned documents.
///
/// Every version of a document that was ever inserted or replaced is kept as history until the
/// document's kind is swept; documents that expire keep none.
#[async_trait]
pub trait Documents: Send + Sync {
    /// Stores a new document, durably.
    ///
    /// # Errors
    /// [`crate::Error::AlreadyExists`] when the id is taken in this organisation and kind.
    async fn insert(
        &self,
        organisation: OrganisationId,
        kind: Kind,
        document: Document,
    ) -> Result<()>;

    /// Stores several new documents, durably, all or none.
    ///
    /// # Errors
    /// [`crate::Error::AlreadyExists`] when one of the ids is taken.
    async fn insert_all(
        &self,
        organisation: OrganisationId,
        documents: Vec<(Kind, Document)>,
    ) -> Result<()>;

    /// The document under this id.
    async fn fetch(
        &self,
        organisation: OrganisationId,
        kind: Kind,
        id: Uuid,
    ) -> Result<Option<Document>>;

    /// The document under this id whatever the organisation, and the organisation. For access only:
    /// a token, a client or a deployment tells whose request it is.
    async fn locate(&self, kind: Kind, id: Uuid) -> Result<Option<(OrganisationId, Document)>>;

    /// Documents of a kind in the order of their ids, those after `after`, at most `limit`.
    async fn list(
        &self,
        organisation: OrganisationId,
        kind: Kind,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<Document>>;

    /// The organisations, in the order of their ids, those after `after`, at most `limit`.
    async fn organisations(
        &self,
        after: Option<OrganisationId>,
        limit: usize,
    ) -> Result<Vec<OrganisationId>>;

    /// Replaces a document, durably, if the stored version is `expected`.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]; [`crate::Error::Conflict`] when the version is another.
    async fn replace(
        &self,
        organisation: OrganisationId,
        kind: Kind,
        expected: u32,
        document: Document,
    ) -> Result<()>;

    /// Removes a document, durably; its history stays.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    async fn remove(&self, organisation: OrganisationId, kind: Kind, id: Uuid) -> Result<()>;

    /// Removes several documents, durably, all at once. One that is not there is passed over.
    async fn remove_all(
        &self,
        organisation: OrganisationId,
        documents: Vec<(Kind, Uuid)>,
    ) -> Result<()>;

    /// The versions a document has had, the oldest first, those after version `after` (0 for all),
    /// at most `limit`.
    async fn history(
        &self,
        organisation: OrganisationId,
        kind: Kind,
        id: Uuid,
        after: u32,
        limit: usize,
    ) -> Result<Vec<Document>>;

    /// Removes documents of any organisation that have expired at `now`. Gives their number.
    async fn sweep_expired(&self, now: Moment) -> Result<u64>;
}
