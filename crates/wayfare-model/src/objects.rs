//! Reading JSON without serde's leniency: a struct is read from an object, never from an array of
//! its fields in some order. What is wrong is told in JSON's words, not in Rust's.

use std::fmt;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Unexpected, Visitor,
};

/// Reads a whole text.
///
/// # Errors
/// When the text is no JSON, has something behind it, or is not of the shape.
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = T::deserialize(Objects(&mut reader))?;
    reader.end()?;
    Ok(value)
}

/// A deserializer that reads structs from objects only, at every depth.
pub struct Objects<D>(pub D);

/// Hands values through, and hands everything inside of them to [`Objects`].
struct Through<V> {
    visitor: V,
    /// What is expected, in JSON's words; the visitor's own where it says that well.
    expects: Option<&'static str>,
}

const fn through<V>(visitor: V) -> Through<V> {
    Through { visitor, expects: None }
}

const WHOLE: Option<&str> = Some("a whole number");
const NUMBER: Option<&str> = Some("a number");

macro_rules! forward {
    ($($method:ident($($argument:ident: $type:ty),*) $expects:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(
            self,
            $($argument: $type,)*
            visitor: V,
        ) -> Result<V::Value, D::Error> {
            self.0.$method($($argument,)* Through { visitor, expects: $expects })
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Objects<D> {
    type Error = D::Error;

    /// Any map type would do; an array does not.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(Through { visitor, expects: Some("an object") })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    forward! {
        deserialize_any() None;
        deserialize_bool() None;
        deserialize_i8() WHOLE;
        deserialize_i16() WHOLE;
        deserialize_i32() WHOLE;
        deserialize_i64() WHOLE;
        deserialize_u8() WHOLE;
        deserialize_u16() WHOLE;
        deserialize_u32() WHOLE;
        deserialize_u64() WHOLE;
        deserialize_f32() NUMBER;
        deserialize_f64() NUMBER;
        deserialize_char() None;
        deserialize_str() None;
        deserialize_string() None;
        deserialize_bytes() None;
        deserialize_byte_buf() None;
        deserialize_option() None;
        deserialize_unit() None;
        deserialize_unit_struct(name: &'static str) None;
        deserialize_newtype_struct(name: &'static str) None;
        deserialize_seq() Some("an array");
        deserialize_tuple(length: usize) Some("an array");
        deserialize_tuple_struct(name: &'static str, length: usize) Some("an array");
        deserialize_map() Some("an object");
        deserialize_identifier() None;
        deserialize_ignored_any() None;
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! visit {
    ($($method:ident: $type:ty;)*) => {$(
        fn $method<E: serde::de::Error>(self, value: $type) -> Result<V::Value, E> {
            self.visitor.$method(value)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Through<V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.expects {
            Some(expects) => formatter.write_str(expects),
            None => self.visitor.expecting(formatter),
        }
    }

    visit! {
        visit_bool: bool;
        visit_i64: i64;
        visit_u64: u64;
        visit_str: &str;
        visit_borrowed_str: &'de str;
        visit_string: String;
        visit_bytes: &[u8];
        visit_borrowed_bytes: &'de [u8];
        visit_byte_buf: Vec<u8>;
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<V::Value, E> {
        if self.expects == WHOLE {
            return Err(E::invalid_type(Unexpected::Float(value), &self));
        }
        self.visitor.visit_f64(value)
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(Objects(inner))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_newtype_struct(Objects(inner))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_seq(Objects(access))
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(Objects(access))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(through(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(through(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Through<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        self.visitor.deserialize(Objects(inner))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::from_slice;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Outer {
        name: Option<String>,
        count: Option<i64>,
        share: Option<f64>,
        inner: Option<Inner>,
        list: Option<Vec<Inner>>,
        by_name: Option<BTreeMap<String, Inner>>,
        anything: Option<serde_json::Value>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        value: Option<bool>,
    }

    #[test]
    fn what_is_right_is_read_as_serde_json_reads_it() {
        for text in [
            "{}",
            r#" {"name": "a\u00e9\n", "count": -3, "share": 2, "unknown": [{"x": []}]} "#,
            r#"{"inner": {"value": true}, "list": [{}, {"value": null}], "name": null}"#,
            r#"{"byName": {"a": {"value": false}}, "anything": [1, {"b": [null]}], "share": 1e3}"#,
        ] {
            let expected: Outer = serde_json::from_str(text).unwrap();
            assert_eq!(from_slice::<Outer>(text.as_bytes()).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_in_the_words_of_json() {
        let check = |text: &str, expected: &str| {
            let error = from_slice::<Outer>(text.as_bytes()).expect_err(text).to_string();
            assert!(error.starts_with(expected), "{text}: {error}");
        };
        check("[]", "invalid type: sequence, expected an object");
        check(r#"["a", 1, 2, null, null, null, 3]"#, "invalid type: sequence, expected an object");
        check(r#"{"inner": []}"#, "invalid type: sequence, expected an object");
        check(r#"{"inner": [true]}"#, "invalid type: sequence, expected an object");
        check(r#"{"list": [[true]]}"#, "invalid type: sequence, expected an object");
        check(r#"{"byName": {"a": [true]}}"#, "invalid type: sequence, expected an object");
        check(r#"{"list": {}}"#, "invalid type: map, expected an array");
        check(r#"{"byName": 1}"#, "invalid type: integer `1`, expected an object");
        check(r#"{"count": 1.5}"#, "invalid type: floating point `1.5`, expected a whole number");
        check(r#"{"share": "1"}"#, "invalid type: string \"1\", expected a number");
        check(r#"{"name": 1}"#, "invalid type: integer `1`, expected a string");
        check("{} {}", "trailing characters");
        check("{", "EOF");
    }
}
