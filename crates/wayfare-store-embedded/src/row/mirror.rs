//! Stored twins of the model's plain types.

/// Makes the stored twin of a struct: `required` fields are always there, `optional` ones are left
/// out when absent, `nested` ones are optional and stored by their own twin.
macro_rules! mirror {
    ($(#[$doc:meta])* $name:ident = $model:ty {
        required { $($required:ident: $required_type:ty = $required_key:literal,)* }
        optional { $($optional:ident: $optional_type:ty = $optional_key:literal,)* }
        nested { $($nested:ident: $nested_type:ty = $nested_key:literal,)* }
    }) => {
        $(#[$doc])*
        #[derive(Debug, serde::Serialize, serde::Deserialize)]
        pub(crate) struct $name {
            $(#[serde(rename = $required_key)]
            $required: $required_type,)*
            $(#[serde(rename = $optional_key, default, skip_serializing_if = "Option::is_none")]
            $optional: Option<$optional_type>,)*
            $(#[serde(rename = $nested_key, default, skip_serializing_if = "Option::is_none")]
            $nested: Option<$nested_type>,)*
        }

        impl From<$model> for $name {
            fn from(model: $model) -> Self {
                Self {
                    $($required: model.$required,)*
                    $($optional: model.$optional,)*
                    $($nested: model.$nested.map(Into::into),)*
                }
            }
        }

        impl From<$name> for $model {
            fn from(stored: $name) -> Self {
                Self {
                    $($required: stored.$required,)*
                    $($optional: stored.$optional,)*
                    $($nested: stored.$nested.map(Into::into),)*
                }
            }
        }
    };
}

/// Makes the stored twin of an enumeration without data: each variant under its stored word.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident = $model:ty { $($variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
        pub(crate) enum $name {
            $(#[serde(rename = $word)]
            $variant,)*
        }

        impl From<$model> for $name {
            fn from(model: $model) -> Self {
                match model { $(<$model>::$variant => Self::$variant,)* }
            }
        }

        impl From<$name> for $model {
            fn from(stored: $name) -> Self {
                match stored { $($name::$variant => Self::$variant,)* }
            }
        }
    };
}

pub(crate) use {mirror, words};
