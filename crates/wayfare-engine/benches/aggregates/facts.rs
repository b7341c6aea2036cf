//! Facts as a busy site has them: 90 days from 2025-02-01 on, more by day than by night and fewer at
//! weekends, a few popular segments and countries, four facts a session. The clocks of London change
//! on 2025-03-30.

use wayfare_engine::aggregates::columns::{
    BadBlock, Bits, Block, Codes, Column, Dictionary, Values,
};
use wayfare_model::fact::{Dimension, Metric};

pub(crate) const START_MS: i64 = 1_738_368_000_000;
pub(crate) const HOUR_MS: i64 = 3_600_000;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;
pub(crate) const DAYS: i64 = 90;

const METRICS: [Metric; 2] = [Metric::JourneyOutcomesAchieved, Metric::JourneyOutcomeValue];

/// A sequence of numbers that looks random (splitmix64).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

pub(crate) const fn mix(number: u64) -> u64 {
    let z = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Facts as plain columns, which both sides read.
pub(crate) struct Facts {
    pub(crate) emitted: Vec<i64>,
    /// 0 counts, 1 carries a value.
    pub(crate) metric: Vec<u8>,
    pub(crate) kind: Vec<u8>,
    /// Codes in the order of their first appearance.
    pub(crate) session: Vec<u32>,
    /// The sessions as 64-bit numbers without an order.
    pub(crate) session_id: Vec<i64>,
    pub(crate) segment: Vec<u16>,
    pub(crate) outcome: Vec<u8>,
    pub(crate) session_type: Vec<u8>,
    pub(crate) device: Vec<u8>,
    pub(crate) country: Vec<u8>,
    pub(crate) media: Vec<u8>,
    pub(crate) state: Vec<u8>,
    /// Not a number where there is none.
    pub(crate) value: Vec<f64>,
    /// Three dimensions with fifty thousand values each.
    pub(crate) wide: [Vec<u16>; 3],
    /// The segments of the session: up to three of twenty.
    pub(crate) list_offsets: Vec<i32>,
    pub(crate) list: Vec<u8>,
    validity: Vec<u8>,
    sessions: Vec<[u8; 16]>,
    names: Names,
}

/// Dictionaries.
struct Names {
    kinds: Texts,
    uuids: Vec<[u8; 16]>,
    session_types: Texts,
    devices: Texts,
    countries: Texts,
    media: Texts,
    states: Texts,
    wide: Texts,
}

struct Texts {
    offsets: Vec<i32>,
    bytes: Vec<u8>,
}

impl Texts {
    fn new<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Self {
        let (mut offsets, mut bytes) = (vec![0], Vec::new());
        for text in texts {
            bytes.extend_from_slice(text.as_ref().as_bytes());
            offsets.push(bytes.len() as i32);
        }
        Self { offsets, bytes }
    }

    fn dictionary(&self) -> Dictionary<'_> {
        Dictionary::Texts { offsets: &self.offsets, bytes: &self.bytes }
    }
}

/// The UUID made from a number.
pub(crate) fn uuid(number: u64) -> [u8; 16] {
    uuid::Uuid::from_u64_pair(mix(number), number).into_bytes()
}

/// How often each of some values is chosen: the n-th in proportion to `1 / n^skew`.
struct Zipf(Vec<f64>);

impl Zipf {
    fn new(values: usize, skew: f64) -> Self {
        let mut sum = 0.0;
        let sums = (1..=values).map(|rank| {
            sum += (rank as f64).powf(-skew);
            sum
        });
        Self(sums.collect())
    }

    fn pick(&self, numbers: &mut Numbers) -> usize {
        let share = numbers.share() * self.0.last().copied().unwrap_or_default();
        self.0.partition_point(|sum| *sum < share).min(self.0.len() - 1)
    }
}

/// When so many facts were emitted, ascending.
fn moments(rows: usize) -> Vec<i64> {
    let weight = |hour: i64| {
        let by_day = 1.0 + 0.8 * ((hour % 24 - 9) as f64 / 24.0 * std::f64::consts::TAU).sin();
        by_day * if (hour / 24 + 5) % 7 >= 5 { 0.6 } else { 1.0 }
    };
    let hours = DAYS * 24;
    let all: f64 = (0..hours).map(weight).sum();
    let mut moments = Vec::with_capacity(rows);
    let mut done = 0.0;
    for hour in 0..hours {
        done += weight(hour) / all;
        let until = if hour + 1 == hours { rows } else { (done * rows as f64) as usize };
        let here = until - moments.len();
        let begin = START_MS + hour * HOUR_MS;
        moments.extend((0..here).map(|n| begin + n as i64 * HOUR_MS / here as i64));
    }
    moments
}

impl Facts {
    pub(crate) fn new(rows: usize) -> Self {
        let mut numbers = Numbers(20_250_201);
        let kinds = Zipf::new(21, 1.1);
        let (segments, countries) = (Zipf::new(500, 1.05), Zipf::new(200, 1.2));
        let (types, devices, media) = (Zipf::new(5, 1.0), Zipf::new(4, 0.8), Zipf::new(4, 0.5));
        let mut facts = Self::empty(moments(rows));
        let sessions = (rows / 4).max(1) as i64;
        let mut codes = vec![u32::MAX; sessions as usize];
        for row in 0..rows {
            let near = (row / 4) as i64 + (numbers.next() % 4_001) as i64 - 2_000;
            let session = near.clamp(0, sessions - 1) as usize;
            if codes[session] == u32::MAX {
                codes[session] = facts.sessions.len() as u32;
                facts.sessions.push(uuid(session as u64));
            }
            facts.session.push(codes[session]);
            facts.session_id.push((mix(session as u64 + 1) >> 1) as i64);
            facts.kind.push(kinds.pick(&mut numbers) as u8);
            facts.segment.push(segments.pick(&mut numbers) as u16);
            facts.outcome.push((numbers.next() % 20) as u8);
            facts.session_type.push(types.pick(&mut numbers) as u8);
            facts.device.push(devices.pick(&mut numbers) as u8);
            facts.country.push(countries.pick(&mut numbers) as u8);
            facts.media.push(media.pick(&mut numbers) as u8);
            facts.state.push(u8::from(numbers.share() < 0.3));
            let has_value = numbers.share() >= 0.6;
            let value = (numbers.share() * 4.0).exp() * 2.0;
            facts.value.push(if has_value { (value * 100.0).round() / 100.0 } else { f64::NAN });
            facts.metric.push(u8::from(has_value));
            facts.validity[row / 8] |= u8::from(has_value) << (row % 8);
            let seed = numbers.next() % 50_000;
            let others = [seed, mix(seed) % 50_000, mix(seed * 4 + numbers.next() % 4) % 50_000];
            for (column, code) in facts.wide.iter_mut().zip(others) {
                column.push(code as u16);
            }
            for number in 0..numbers.next() % 4 {
                facts.list.push(((session as u64 + number * 7) % 20) as u8);
            }
            facts.list_offsets.push(facts.list.len() as i32);
        }
        facts
    }

    fn empty(emitted: Vec<i64>) -> Self {
        let rows = emitted.len();
        let country = |n: u8| String::from_utf8_lossy(&[b'A' + n / 26, b'A' + n % 26]).into_owned();
        Self {
            emitted,
            metric: Vec::with_capacity(rows),
            kind: Vec::with_capacity(rows),
            session: Vec::with_capacity(rows),
            session_id: Vec::with_capacity(rows),
            segment: Vec::with_capacity(rows),
            outcome: Vec::with_capacity(rows),
            session_type: Vec::with_capacity(rows),
            device: Vec::with_capacity(rows),
            country: Vec::with_capacity(rows),
            media: Vec::with_capacity(rows),
            state: Vec::with_capacity(rows),
            value: Vec::with_capacity(rows),
            wide: [const { Vec::new() }; 3],
            list_offsets: vec![0],
            list: Vec::new(),
            validity: vec![0; rows.div_ceil(8)],
            sessions: Vec::with_capacity(rows / 4),
            names: Names {
                kinds: Texts::new((0..21).map(|number| format!("metric{number:02}"))),
                uuids: (0..500).map(uuid).collect(),
                session_types: Texts::new([
                    "web",
                    "app",
                    "genesysCloudConversation",
                    "webMessaging",
                    "custom",
                ]),
                devices: Texts::new(["desktop", "mobile", "tablet", "other"]),
                countries: Texts::new((0..200).map(country)),
                media: Texts::new([
                    "webchat",
                    "webMessagingOffer",
                    "contentOffer",
                    "architectFlow",
                ]),
                states: Texts::new(["Assigned", "Unassigned"]),
                wide: Texts::new((0..50_000).map(|number| format!("value-{number}"))),
            },
        }
    }

    /// The facts as the engine reads them.
    pub(crate) fn block(&self) -> Result<Block<'_>, BadBlock> {
        let names = &self.names;
        let single =
            |codes, dictionary| Column { codes, validity: None, offsets: None, dictionary };
        let uuids = |count: usize| Dictionary::Uuids(names.uuids.get(..count).unwrap_or_default());
        let validity = Bits::new(&self.validity, 0, self.emitted.len());
        let [first, second, third] = &self.wide;
        let columns = [
            (
                Dimension::TouchpointInteractionType,
                single(Codes::U8(&self.kind), names.kinds.dictionary()),
            ),
            (
                Dimension::JourneySessionId,
                single(Codes::U32(&self.session), Dictionary::Uuids(&self.sessions)),
            ),
            (Dimension::JourneySegmentId, single(Codes::U16(&self.segment), uuids(500))),
            (Dimension::JourneyOutcomeId, single(Codes::U8(&self.outcome), uuids(20))),
            (
                Dimension::JourneySessionType,
                single(Codes::U8(&self.session_type), names.session_types.dictionary()),
            ),
            (
                Dimension::JourneyDeviceCategory,
                single(Codes::U8(&self.device), names.devices.dictionary()),
            ),
            (
                Dimension::JourneyIpGeolocationCountry,
                single(Codes::U8(&self.country), names.countries.dictionary()),
            ),
            (
                Dimension::JourneyActionMediaType,
                single(Codes::U8(&self.media), names.media.dictionary()),
            ),
            (
                Dimension::JourneySegmentAssignmentState,
                single(Codes::U8(&self.state), names.states.dictionary()),
            ),
            (
                Dimension::TouchpointConversationId,
                single(Codes::U16(first), names.wide.dictionary()),
            ),
            (Dimension::TouchpointAgentId, single(Codes::U16(second), names.wide.dictionary())),
            (Dimension::TouchpointQueueId, single(Codes::U16(third), names.wide.dictionary())),
            (
                Dimension::JourneySessionSegmentId,
                Column {
                    codes: Codes::U8(&self.list),
                    validity: None,
                    offsets: Some(&self.list_offsets),
                    dictionary: uuids(20),
                },
            ),
        ];
        let mut block = Block::new(&self.emitted, &METRICS, &self.metric)?
            .sorted_by_emitted()
            .with_values(Values::Plain { values: &self.value, validity })?;
        for (dimension, column) in columns {
            block = block.with_column(dimension, column)?;
        }
        Ok(block)
    }
}
