//! Every limit, with its unit and its reason. What happens at a limit is an error that names it.

/// Bytes of a request's body. A segment with every condition it may have stays far below.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of a form, which comes before anybody is known: names, secrets and codes are short.
pub const FORM_BYTES_MAX: usize = 16 * 1024;
/// Fields of a form; those that are known are far fewer.
pub const FORM_FIELDS_MAX: usize = 64;
/// Faults of a body that are told; nobody reads more of them.
pub const FAULTS_MAX: usize = 100;
/// Seconds until a request is given up. A body may take 60 of them; what the server itself does takes
/// milliseconds, so that whoever waits this long waits for something that is broken.
pub const REQUEST_TIME_S_MAX: u64 = 90;
/// Connections at once; further ones wait with the system until one ends.
pub const CONNECTIONS_MAX: usize = 8_192;
/// Seconds that the head of a request may take, from the answer before it on. Load balancers keep
/// silent connections for a minute.
pub const REQUEST_HEAD_TIME_S_MAX: u64 = 75;
/// Bytes of bodies of requests that are under way, together; at the limit the client is told to try
/// again.
pub const BODIES_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Bytes of the body of an import: one batch of NDJSON lines.
pub const IMPORT_BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of one line of an import; an event with all it may carry stays below.
pub const IMPORT_LINE_BYTES_MAX: usize = 256 * 1024;
/// Lines of one import request.
pub const IMPORT_LINES_MAX: usize = 10_000;

/// Segments of an organisation. The original allows 500; nothing here needs so few.
pub const SEGMENTS_MAX: usize = 100_000;
/// Characters of a segment's name (U17).
pub const SEGMENT_NAME_CHARACTERS_MAX: usize = 128;
/// Characters of a segment's description (U17).
pub const SEGMENT_DESCRIPTION_CHARACTERS_MAX: usize = 1_000;
/// Criteria of a segment, over all its patterns (U17).
pub const SEGMENT_CRITERIA_MAX: usize = 100;
/// Patterns of a segment, context and journey together.
pub const SEGMENT_PATTERNS_MAX: usize = 100;
/// Values of a criterion (U17).
pub const CRITERION_VALUES_MAX: usize = 100;
/// Characters of a criterion's key or of one of its values.
pub const CRITERION_TEXT_CHARACTERS_MAX: usize = 2_000;
/// The highest `count` of a journey pattern: a session with more events is no visit of a person.
pub const PATTERN_COUNT_MAX: u32 = 100_000;
/// The longest `withinSeconds` of a journey pattern: a leap year.
pub const WITHIN_SECONDS_MAX: u32 = 366 * 24 * 60 * 60;
/// The highest `count` of a journey pattern with `withinSeconds`: of each event counted, a moment is
/// kept.
pub const WITHIN_COUNT_MAX: u32 = 100;
/// Events that are kept, by visitor and segment with an order, windows or a `never`, to find a late
/// event its place among them; some sixty bytes each.
pub const SEQUENCE_EVENTS_MAX: usize = 32;
/// Events of a session or customer that an explanation or a back-test looks at; nobody reads more,
/// and a visitor with more is no person.
pub const HISTORY_EVENTS_MAX: usize = 20_000;
/// Sessions of a customer that an explanation or a back-test looks at, the latest ones.
pub const HISTORY_SESSIONS_MAX: usize = 1_000;
/// Back-tests that are kept, by organisation.
pub const BACKTESTS_MAX: usize = 100;
/// Back-tests that wait or run: they run one after the other.
pub const BACKTESTS_UNFINISHED_MAX: usize = 10;
/// Milliseconds after which a back-test is forgotten: a week.
pub const BACKTEST_KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
/// Assignments that a back-test gives as examples.
pub const BACKTEST_EXAMPLES_MAX: usize = 20;
/// Events that an explanation names for one pattern, the latest ones.
pub const EXPLAIN_EVENTS_MAX: usize = 100;
/// The longest time to an automatic unassignment, in days: ten years.
pub const ASSIGNMENT_EXPIRATION_DAYS_MAX: u32 = 3_660;

/// Characters of an event's name.
pub const EVENT_NAME_CHARACTERS_MAX: usize = 128;
/// Characters of any other text of an event: URLs of advertising links are this long.
pub const EVENT_TEXT_CHARACTERS_MAX: usize = 8_192;
/// Attributes of an event, and likewise its traits.
pub const EVENT_ATTRIBUTES_MAX: usize = 100;
/// Characters of an attribute's name.
pub const ATTRIBUTE_NAME_CHARACTERS_MAX: usize = 128;
/// Characters of an attribute's value.
pub const ATTRIBUTE_VALUE_CHARACTERS_MAX: usize = 4_096;
/// Bytes of a user agent that are read for browser and device: real ones stay below 1,000, and what a
/// longer one says after that is advertising or an attack.
pub const USER_AGENT_BYTES_READ_MAX: usize = 2_048;
/// User agents whose reading is kept, about half a kilobyte each: a busy site sees a few thousand
/// different ones a day.
pub const USER_AGENTS_KEPT_MAX: usize = 4_096;
/// Milliseconds an event may be old when it arrives; the contract refuses older ones.
pub const EVENT_AGE_MS_MAX: i64 = 60 * 60 * 1_000;
/// Milliseconds a visitor's clock may be ahead (U48).
pub const EVENT_AHEAD_MS_MAX: i64 = 5 * 60 * 1_000;

/// Bytes that a stored event takes beside its body: keys, two indexes and their share of pages
/// (measured). Retention by size counts them.
pub const EVENT_ROW_BYTES: u64 = 200;

/// Milliseconds of silence that end a session, by default (U27).
pub const SESSION_SILENCE_MS_DEFAULT: i64 = 20 * 60 * 1_000;
/// Sessions of a visitor that an event may still join, by its own time.
pub const VISITOR_RECENT_SESSIONS_MAX: usize = 4;
/// Different attributes that a session shows.
pub const SESSION_ATTRIBUTES_MAX: usize = 200;
/// Different search terms that a session shows.
pub const SESSION_SEARCH_TERMS_MAX: usize = 50;

/// Entities on a page of a list, by default (contract).
pub const PAGE_SIZE_DEFAULT: usize = 25;
/// Entities on a page of a list, at most (U25).
pub const PAGE_SIZE_MAX: usize = 200;
/// The number of a page, at most: what the SDKs' `int` holds in every language (contract).
pub const PAGE_NUMBER_MAX: usize = 2_147_483_647;
/// Items of one assignment request of 2020 (U30).
pub const ASSIGNMENT_UPDATES_MAX: usize = 100;
/// Segments of one assignment request of today, to assign and to unassign together (contract).
pub const CONTACT_SEGMENTS_UPDATE_MAX: usize = 10;
/// Assignments of a contact in one answer of today's list, which has no pages (contract).
pub const CONTACT_ASSIGNMENTS_LIST_MAX: usize = 500;
/// Action targets of one organisation: they are read whole for each list, and a contact centre has
/// tens of them.
pub const ACTION_TARGETS_MAX: usize = 10_000;
/// Action targets of one file to import: all are made in one transaction.
pub const ACTION_TARGETS_IMPORT_MAX: usize = 1_000;
/// Pairs of an action target's user data: the contract's own have one.
pub const ACTION_TARGET_USER_DATA_MAX: usize = 100;
/// Characters of a key or a value of an action target's user data.
pub const ACTION_TARGET_USER_DATA_TEXT_CHARACTERS_MAX: usize = 2_000;

/// Requests that wait for the writer, and as many imports; at the limit the client is told to try again.
pub const INGEST_QUEUE_MAX: usize = 4_096;
/// Requests in one durable transaction; of imports so many events, or one request.
pub const INGEST_BATCH_MAX: usize = 1_024;
/// Sessions and assignments ended in one durable transaction because time passed.
pub const DUE_BATCH_MAX: usize = 2_000;
/// Sessions and assignments of an organisation that are due and cannot be read, and are left as they are;
/// with more, what is due of the organisation is not known any more.
pub const DUE_SET_ASIDE_MAX: usize = 10_000;

/// Deletions of customers of an organisation that are under way; at the limit the client is told to
/// try again.
pub const CUSTOMER_DELETIONS_UNFINISHED_MAX: usize = 1_000;
/// Events of a customer that are deleted in one durable transaction: some ten milliseconds.
pub const CUSTOMER_DELETION_EVENTS_MAX: usize = 1_000;
/// Milliseconds after its completion in which a deletion can be read.
pub const CUSTOMER_DELETION_KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// Milliseconds in which a deletion is certainly done: ten years.
pub const CUSTOMER_DELETION_UNFINISHED_KEPT_MS: i64 = 3_660 * 24 * 60 * 60 * 1_000;
/// Documents that are read at once where all are looked through.
pub const DOCUMENTS_READ_AT_ONCE: usize = 1_000;

/// Milliseconds a change stays in the change log. What happened longer ago than this is history and
/// does not come into it, so that an import of old events does not drive out what is new.
pub const CHANGE_LOG_AGE_MS_MAX: i64 = 7 * 24 * 60 * 60 * 1_000;
/// Changes in the change log of an organisation, some 200 bytes each; beyond, the oldest leave it,
/// within a minute.
pub const CHANGE_LOG_CHANGES_MAX: u64 = 2_000_000;
/// Changes that leave the change log in one transaction: the writer does nothing else meanwhile.
pub const CHANGE_LOG_TRIM_BATCH_MAX: usize = 5_000;
/// Changes that are read from the change log at once.
pub const CHANGE_LOG_PAGE_MAX: usize = 500;

/// Live feeds that are open in an organisation; at the limit the client is told to try again.
pub const FEEDS_MAX: usize = 100;
/// Values of one filter of a live feed.
pub const FEED_FILTER_VALUES_MAX: usize = 100;
/// Seconds of silence after which a live feed gives a sign of life, by default.
pub const FEED_HEARTBEAT_S_DEFAULT: u64 = 15;
/// Seconds of silence after which a live feed gives a sign of life, at most: proxies end what is
/// silent for a minute.
pub const FEED_HEARTBEAT_S_MAX: u64 = 60;
/// Bytes of a live feed that are written at once, and then some: one change more.
pub const FEED_CHUNK_BYTES: usize = 32 * 1024;
/// Chunks of a live feed that wait for a reader.
pub const FEED_CHUNKS_MAX: usize = 4;

/// Webhooks of an organisation.
pub const WEBHOOKS_MAX: usize = 50;
/// Segments of a webhook's filter.
pub const WEBHOOK_SEGMENTS_MAX: usize = 1_000;
/// Characters of a webhook's address.
pub const WEBHOOK_URL_CHARACTERS_MAX: usize = 2_000;
/// Changes that wait for one receiver; the further ones wait in the change log.
pub const WEBHOOK_WINDOW_MAX: usize = 256;
/// Requests that are under way to one receiver.
pub const WEBHOOK_REQUESTS_MAX: usize = 8;
/// Requests that are under way to all receivers.
pub const WEBHOOK_ALL_REQUESTS_MAX: usize = 64;
/// Milliseconds a receiver may take for its answer, connecting included (Standard Webhooks says 15 to
/// 30 seconds).
pub const WEBHOOK_ANSWER_MS_MAX: u64 = 15_000;
/// Milliseconds from the first failure to the second attempt.
pub const WEBHOOK_BACKOFF_MS_FIRST: i64 = 5_000;
/// Milliseconds between two attempts, at most, unless the receiver asks for more.
pub const WEBHOOK_BACKOFF_MS_MAX: i64 = 60 * 60 * 1_000;
/// Failures in a row after which a receiver is taken to be down.
pub const WEBHOOK_FAILURES_UNTIL_DOWN: u32 = 5;
/// Milliseconds in which a change is tried again and again; shorter than it stays in the change log.
pub const WEBHOOK_GIVE_UP_MS: i64 = 3 * 24 * 60 * 60 * 1_000;
/// Milliseconds in which a secret that was exchanged still signs.
pub const WEBHOOK_OLD_SECRET_MS: i64 = 24 * 60 * 60 * 1_000;
/// Attempts of a webhook that can be read, the latest ones.
pub const WEBHOOK_ATTEMPTS_KEPT_MAX: usize = 200;
/// Characters of what went wrong in an attempt.
pub const WEBHOOK_ERROR_CHARACTERS_MAX: usize = 300;

/// Groups times buckets of an aggregates answer (U34).
pub const AGGREGATE_CELLS_MAX: usize = 10_000;
/// The longest interval of a direct aggregates query, in days (U34): a leap year.
pub const AGGREGATE_INTERVAL_DAYS_MAX: i64 = 366;
/// Groups times buckets of the answer of an aggregates job: ten times a direct one, some 20 MB.
pub const AGGREGATE_JOB_CELLS_MAX: usize = 100_000;
/// The longest interval of an aggregates job, in days (U34): ten years.
pub const AGGREGATE_JOB_INTERVAL_DAYS_MAX: i64 = 3_660;
/// Aggregates jobs of an organisation that wait or run; at the limit the client is told to try again.
pub const AGGREGATE_JOBS_UNFINISHED_MAX: usize = 20;
/// Aggregates jobs of an organisation that are kept: each may hold some 20 MB of results for a day.
pub const AGGREGATE_JOBS_MAX: usize = 200;
/// Milliseconds after its completion in which the results of an aggregates job can be read.
pub const AGGREGATE_JOB_RESULTS_KEPT_MS: i64 = 24 * 60 * 60 * 1_000;
/// Milliseconds in which a job without results any more still tells that it has expired.
pub const AGGREGATE_JOB_STATUS_KEPT_MS: i64 = 24 * 60 * 60 * 1_000;
/// Groups on a page of the results of an aggregates job, by default.
pub const AGGREGATE_JOB_PAGE_SIZE_DEFAULT: usize = 1_000;
/// Groups on a page of the results of an aggregates job, at most.
pub const AGGREGATE_JOB_PAGE_SIZE_MAX: usize = 10_000;
/// Dimensions of a `groupBy`.
pub const AGGREGATE_GROUP_BY_MAX: usize = 5;
/// Views of an aggregates query (domain, 5.4).
pub const AGGREGATE_VIEWS_MAX: usize = 10;
/// Clauses of a filter, and predicates of a filter or clause.
pub const AGGREGATE_FILTER_TERMS_MAX: usize = 100;

/// The shortest granularity of an aggregates query, in milliseconds (U35).
pub const AGGREGATE_GRANULARITY_MS_MIN: i64 = 60 * 1_000;
/// Faults of an aggregates query that are told; nobody reads more of them.
pub const AGGREGATE_FAULTS_MAX: usize = 100;
/// Different values up to which a count of them is exact (U41 says 10,000; a day of a busy site has
/// more sessions). An answer that would hold more than [`AGGREGATE_DISTINCT_VALUES_MAX`] of them takes
/// the next lower bound, for all its cells.
pub const AGGREGATE_DISTINCT_EXACT_MAX: [usize; 3] = [100_000, 10_000, 2_000];
/// Different values that an answer may hold over all its cells, a cell that is not exact counted with
/// its bound: some 40 MB, twice that while they are sorted.
pub const AGGREGATE_DISTINCT_VALUES_MAX: usize = 5_000_000;

/// Milliseconds after its emission when a fact may go into a file, by default: web events that come
/// later are refused, so most sessions have ended for good by then.
pub const FACT_SHIP_AFTER_MS_DEFAULT: i64 = 60 * 60 * 1_000;
/// Facts of an organisation that are old enough, at least, before a file is made of them: smaller
/// files cost more than they save.
pub const FACT_SHIP_ROWS_MIN: usize = 4_096;
/// Facts of an organisation in memory, some 300 bytes each, beyond which the oldest half goes into a
/// file, however young.
pub const FACT_TAIL_ROWS_MAX: usize = 100_000;
/// Facts of an organisation in memory at which writes are refused: files cannot be made, and memory
/// must not run out.
pub const FACT_TAIL_ROWS_REFUSED: usize = 2_000_000;
/// Facts in a file. Larger files would make merging slow, smaller ones queries.
pub const FACT_FILE_ROWS_MAX: usize = 4_194_304;
/// Facts of an import that are sorted and written at once, some 60 bytes each.
pub const FACT_IMPORT_ROWS_MAX: usize = 2_097_152;
/// Facts that are gathered in memory, some 300 bytes each, where many files are made at once: when
/// facts are rebuilt, or found in a directory of an older version.
pub const FACT_GATHERED_ROWS_MAX: usize = 262_144;
/// Milliseconds an aggregates query may take that a client waits for, by default.
pub const FACT_DEADLINE_MS_DEFAULT: u64 = 30_000;
/// Milliseconds the query of an aggregates job may take: nobody waits with an open request, and ten
/// years of facts may have to be read.
pub const FACT_JOB_DEADLINE_MS: u64 = 15 * 60 * 1_000;
/// Aggregates queries that are answered at the same time, and wait for each other; at the limit the
/// client is told to try again.
pub const FACT_QUERIES_MAX: usize = 64;

/// Seconds an access token lives (domain, 6.7).
pub const TOKEN_LIFETIME_S: i64 = 86_400;
/// Permissions of a client or of a role.
pub const CLIENT_PERMISSIONS_MAX: usize = 500;
/// Places a client may send a browser to after sign-in; an application has a few per stage.
pub const REDIRECT_URIS_MAX: usize = 50;
/// Characters of such a place, and of a `state` that a client gets back: they go into a header.
pub const REDIRECT_CHARACTERS_MAX: usize = 2_000;
/// Users of an organisation: those who sign in to tools, not visitors.
pub const USERS_MAX: usize = 10_000;
/// Roles of an organisation.
pub const ROLES_MAX: usize = 1_000;
/// Roles of a user.
pub const USER_ROLES_MAX: usize = 100;
/// Characters of the name a person signs in with: the longest e-mail address (RFC 5321).
pub const USER_NAME_CHARACTERS_MAX: usize = 254;
/// Characters of a password, at least (NIST SP 800-63B asks for 8 or more).
pub const PASSWORD_CHARACTERS_MIN: usize = 12;
/// Bytes of a password, at most: hashing more costs time and adds nothing.
pub const PASSWORD_BYTES_MAX: usize = 1_024;
/// Passwords that are hashed at once: each takes some 20 MB and a core for a moment.
pub const PASSWORDS_AT_ONCE: usize = 2;
/// Passwords that wait to be hashed; at the limit the client is told to try again.
pub const PASSWORDS_WAITING_MAX: usize = 64;
/// Milliseconds within which an authorization code is given for a token (RFC 6749 says at most ten
/// minutes).
pub const AUTHORIZATION_CODE_MS: i64 = 5 * 60 * 1_000;
/// Failures in a row, from one address, after which a name or a client has to wait before the next attempt.
pub const FREE_FAILURES: u32 = 5;
/// Seconds of the first wait; each further failure doubles it.
pub const FAILURE_WAIT_S_FIRST: u32 = 1;
/// Seconds of the longest wait.
pub const FAILURE_WAIT_S_MAX: u32 = 15 * 60;
/// Milliseconds after the last failure when it is forgotten.
pub const FAILURES_KEPT_MS: i64 = 60 * 60 * 1_000;
/// Names at an address, and likewise clients, whose failures are kept; beyond, the oldest failures are
/// forgotten.
pub const FAILURES_KEPT_MAX: usize = 10_000;
/// Requests a minute and token under `--rate-limit genesys` (domain, 6.3).
pub const REQUESTS_PER_MINUTE_GENESYS: u32 = 300;
/// Tokens whose requests are counted; beyond, those whose minute is over are forgotten, then all.
pub const COUNTED_TOKENS_MAX: usize = 50_000;
/// Characters of the name of a client, a deployment or an action target.
pub const NAME_CHARACTERS_MAX: usize = 256;

/// Seconds that a write may wait before the server says that it cannot do its work: a hundred times what
/// a full queue takes.
pub const INGEST_AGE_S_HEALTHY_MAX: u64 = 30;
/// MiB free where the data directory is, below which the server says that something is wrong: room for
/// the log and for merging files.
pub const DISK_FREE_MIB_MIN_DEFAULT: u64 = 512;
/// Segments that metrics tell of one by one: those that took the most work, and as many that were
/// assigned most often. A dashboard shows no more, and every series costs whoever scrapes them.
pub const METRICS_SEGMENTS_MAX: usize = 50;
/// Segments of all organisations that work is counted for, some hundred bytes each.
pub const METRICS_SEGMENTS_COUNTED_MAX: usize = 200_000;
