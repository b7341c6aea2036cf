//! The keys of groups within a block: a component per dimension, packed into one number as long as
//! they fit.

use wayfare_model::fact::Dimension;
use wayfare_model::limits::AGGREGATE_GROUP_BY_MAX;

/// Components of a key: the dimensions, and the bucket.
pub(super) const COMPONENTS_MAX: usize = AGGREGATE_GROUP_BY_MAX + 1;

/// The components of a key: of a dimension 0 when the fact lacks it, else one more than the code, or
/// for several joined values one more than the code that they would have behind all others.
pub(super) type Components = [u32; COMPONENTS_MAX];

/// How a dimension gets into the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PartKind {
    /// No row of the block has a value.
    Absent,
    /// Each row has one value at most.
    Single,
    /// Rows have several values, and are counted under each.
    Each,
    /// Rows have several values, and are counted under all of them joined.
    Joined,
}

/// A component of a key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) dimension: Dimension,
    pub(super) kind: PartKind,
    /// Where it is among the components.
    pub(super) index: usize,
    /// How many values it may have.
    pub(super) radix: u64,
    /// By what it is multiplied in a packed key.
    pub(super) stride: u64,
}

/// How keys are made of components.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyLayout {
    pub(super) parts: Vec<Part>,
    /// The product of all radixes: none when it does not fit into 64 bits.
    pub(super) groups: Option<u64>,
}

impl KeyLayout {
    pub(super) fn new(parts: impl Iterator<Item = (Dimension, PartKind, u64)>) -> Self {
        let mut groups = Some(1_u64);
        let parts = parts
            .enumerate()
            .map(|(index, (dimension, kind, radix))| {
                let stride = groups.unwrap_or_default();
                groups = groups.and_then(|groups| groups.checked_mul(radix));
                Part { dimension, kind, index, radix, stride }
            })
            .collect();
        Self { parts, groups }
    }

    /// The components of the dimensions in a packed key.
    pub(super) fn unpack(&self, key: u64) -> Components {
        let mut components = [0; COMPONENTS_MAX];
        for part in &self.parts {
            if let Some(component) = components.get_mut(part.index) {
                *component = (key / part.stride.max(1) % part.radix.max(1)) as u32;
            }
        }
        components
    }
}

/// A key of a row.
pub(super) trait Key: Copy + Default {
    /// This key with a further component.
    #[must_use]
    fn with(self, part: &Part, component: u32) -> Self;

    /// This key with the bucket, of which packed keys have `groups` each.
    #[must_use]
    fn with_bucket(self, groups: u64, bucket: u32) -> Self;

    /// The components of the dimensions.
    fn unpack(self, layout: &KeyLayout) -> Components;

    /// The bucket.
    fn bucket(self, layout: &KeyLayout) -> u32;

    /// The place of the group among all that are possible.
    fn place(self, layout: &KeyLayout) -> usize;
}

/// Keys that are packed into fewer bits: more of them are made at once.
macro_rules! narrow_keys {
    ($($key:ty),*) => {$(
        impl Key for $key {
            #[inline]
            fn with(self, part: &Part, component: u32) -> Self {
                self.wrapping_add((component as Self).wrapping_mul(part.stride as Self))
            }

            #[inline]
            fn with_bucket(self, groups: u64, bucket: u32) -> Self {
                self.wrapping_add((bucket as Self).wrapping_mul(groups as Self))
            }

            fn unpack(self, layout: &KeyLayout) -> Components {
                u64::from(self).unpack(layout)
            }

            fn bucket(self, layout: &KeyLayout) -> u32 {
                u64::from(self).bucket(layout)
            }

            fn place(self, layout: &KeyLayout) -> usize {
                u64::from(self).place(layout)
            }
        }
    )*};
}

// Those of one bucket, of which there are few (`fold.rs`), have 16 bits.
narrow_keys!(u16, u32);

impl Key for u64 {
    #[inline]
    fn with(self, part: &Part, component: u32) -> Self {
        self.wrapping_add(Self::from(component).wrapping_mul(part.stride))
    }

    #[inline]
    fn with_bucket(self, groups: u64, bucket: u32) -> Self {
        self.wrapping_add(Self::from(bucket).wrapping_mul(groups))
    }

    fn unpack(self, layout: &KeyLayout) -> Components {
        layout.unpack(self)
    }

    fn bucket(self, layout: &KeyLayout) -> u32 {
        (self / layout.groups.unwrap_or(1).max(1)) as u32
    }

    fn place(self, layout: &KeyLayout) -> usize {
        (self % layout.groups.unwrap_or(1).max(1)) as usize
    }
}

impl Key for Components {
    #[inline]
    fn with(mut self, part: &Part, component: u32) -> Self {
        if let Some(place) = self.get_mut(part.index) {
            *place = component;
        }
        self
    }

    #[inline]
    fn with_bucket(mut self, _: u64, bucket: u32) -> Self {
        if let Some(place) = self.last_mut() {
            *place = bucket;
        }
        self
    }

    fn unpack(self, _: &KeyLayout) -> Components {
        self
    }

    fn bucket(self, _: &KeyLayout) -> u32 {
        self.last().copied().unwrap_or_default()
    }

    fn place(self, _: &KeyLayout) -> usize {
        usize::MAX
    }
}
