//! The API as the commands use it: of a server, or in this process on a data directory. Both speak
//! the same requests and answers, so that a command need not know which one it talks to.

mod error;
mod events;
mod local;
mod remote;
#[cfg(test)]
pub(crate) mod tests;

use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub(crate) use error::ApiError;
pub(crate) use events::{Event, Events};
pub(crate) use local::Local;
pub(crate) use remote::{Credentials, Remote};

/// A request, but for its token.
pub(crate) struct Request {
    method: &'static str,
    path: String,
    content_type: &'static str,
    body: Option<Bytes>,
}

/// An answer, whatever its status.
pub(crate) struct Answer {
    status: u16,
    retry_after_s: Option<u64>,
    body: Vec<u8>,
}

/// The API.
pub(crate) struct Api {
    door: Door,
    token: Mutex<Option<String>>,
}

enum Door {
    Remote(Remote),
    Local(Local),
}

/// What an import request answers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ImportAnswer {
    /// Lines applied now.
    pub(crate) applied: u64,
    /// Lines applied by an earlier import.
    pub(crate) duplicates: u64,
    /// Lines that were not applied.
    pub(crate) rejected: Vec<RejectedLine>,
}

/// A line that was not applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RejectedLine {
    /// Its number, from 1.
    pub(crate) line: u64,
    /// Why.
    pub(crate) reason: String,
}

impl From<Remote> for Api {
    fn from(remote: Remote) -> Self {
        Self { door: Door::Remote(remote), token: Mutex::default() }
    }
}

impl From<Local> for Api {
    fn from(local: Local) -> Self {
        Self { door: Door::Local(local), token: Mutex::default() }
    }
}

impl Api {
    /// Makes sure that the API can be asked at all.
    ///
    /// # Errors
    /// [`ApiError`].
    pub(crate) async fn sign_in(&self) -> Result<(), ApiError> {
        self.new_token().await.map(drop)
    }

    /// Asks for something.
    ///
    /// # Errors
    /// [`ApiError`].
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ApiError> {
        self.json("GET", path, None).await
    }

    /// Sends something.
    ///
    /// # Errors
    /// [`ApiError`].
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ApiError> {
        let body = serde_json::to_vec(body).map_err(|error| ApiError::Broken(error.to_string()))?;
        self.json("POST", path, Some(body.into())).await
    }

    /// Changes something.
    ///
    /// # Errors
    /// [`ApiError`].
    pub(crate) async fn patch<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ApiError> {
        let body = serde_json::to_vec(body).map_err(|error| ApiError::Broken(error.to_string()))?;
        self.json("PATCH", path, Some(body.into())).await
    }

    /// Removes something that answers with what was removed.
    ///
    /// # Errors
    /// [`ApiError`].
    pub(crate) async fn delete_with_answer<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<T, ApiError> {
        self.json("DELETE", path, None).await
    }

    /// Removes something.
    ///
    /// # Errors
    /// [`ApiError`].
    pub(crate) async fn delete(&self, path: &str) -> Result<(), ApiError> {
        self.call(&request("DELETE", path, None)).await.map(drop)
    }

    /// Applies lines of NDJSON as history.
    ///
    /// # Errors
    /// [`ApiError`]; nothing was applied then, or it is not known whether all was.
    pub(crate) async fn import(&self, lines: Bytes) -> Result<ImportAnswer, ApiError> {
        let mut request = request("POST", "/api/wayfare/v1/imports", Some(lines));
        request.content_type = "application/x-ndjson";
        self.read(&self.call(&request).await?)
    }

    /// Sends a text as it is.
    ///
    /// # Errors
    /// [`ApiError`].
    pub(crate) async fn post_text<T: DeserializeOwned>(
        &self,
        path: &str,
        text: Bytes,
    ) -> Result<T, ApiError> {
        self.json("POST", path, Some(text)).await
    }

    /// Finishes what is under way, and gives a data directory free.
    pub(crate) async fn close(self) {
        match self.door {
            Door::Remote(_) => {}
            Door::Local(local) => local.close().await,
        }
    }

    async fn json<T: DeserializeOwned>(
        &self,
        method: &'static str,
        path: &str,
        body: Option<Bytes>,
    ) -> Result<T, ApiError> {
        self.read(&self.call(&request(method, path, body)).await?)
    }

    fn read<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, ApiError> {
        serde_json::from_slice(&answer.body).map_err(|error| self.foreign(&error.to_string()))
    }

    /// Calls with a token, and once more with a new one when the first is not accepted any more.
    async fn call(&self, request: &Request) -> Result<Answer, ApiError> {
        let known = self.token.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(token) = known {
            let answer = self.send(request, &token).await?;
            if answer.status != 401 {
                return self.accepted(answer);
            }
        }
        let token = self.new_token().await?;
        let answer = self.send(request, &token).await?;
        self.accepted(answer)
    }

    async fn new_token(&self) -> Result<String, ApiError> {
        let token = match &self.door {
            Door::Remote(remote) => remote.token().await?,
            Door::Local(local) => local.token()?,
        };
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        Ok(token)
    }

    async fn send(&self, request: &Request, token: &str) -> Result<Answer, ApiError> {
        match &self.door {
            Door::Remote(remote) => remote.send(request, token).await,
            Door::Local(local) => local.send(request, token).await,
        }
    }

    fn accepted(&self, answer: Answer) -> Result<Answer, ApiError> {
        match &self.door {
            Door::Remote(remote) => remote.accepted(answer),
            Door::Local(_) => error::accepted(answer, "this data directory"),
        }
    }

    fn foreign(&self, detail: &str) -> ApiError {
        let url = match &self.door {
            Door::Remote(remote) => remote.url(),
            Door::Local(_) => "this data directory",
        };
        ApiError::Foreign { url: url.to_owned(), detail: detail.to_owned() }
    }
}

fn request(method: &'static str, path: &str, body: Option<Bytes>) -> Request {
    Request { method, path: path.to_owned(), content_type: "application/json", body }
}
