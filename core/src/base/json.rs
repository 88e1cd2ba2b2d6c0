//! JSON at the faces: from text to the one Rust definition, with errors that name the field.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::error::{Error, Result};

/// Reads JSON text into a value.
///
/// # Errors
/// `MALFORMED` with the line where it is no JSON; `INVALID_ARGUMENT` naming the field where it does not fit.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T> {
    let value: Value =
        serde_json::from_str(text).map_err(|e| Error::Malformed { line: e.line() as u64, message: e.to_string() })?;
    fit(value)
}

/// Fits a JSON value to a type.
///
/// # Errors
/// `INVALID_ARGUMENT` naming the path of the field that does not fit.
pub fn fit<T: DeserializeOwned>(value: Value) -> Result<T> {
    serde_path_to_error::deserialize(value).map_err(|e| {
        let path = e.path().to_string();
        explain(if path == "." { "" } else { &path }, &e.into_inner().to_string())
    })
}

/// Fits `{"type": "sale", …}` to an enum whose variants are structs.
///
/// # Errors
/// `INVALID_ARGUMENT` naming the field, or `type` itself.
pub fn fit_tagged<T: DeserializeOwned>(value: Value) -> Result<T> {
    let Value::Object(mut fields) = value else {
        return Err(Error::argument("event", "an object with a type", kind(&value)));
    };
    let Some(Value::String(tag)) = fields.remove("type") else {
        return Err(Error::argument("type", "the name of a kind of event", "nothing"));
    };
    let prefix = format!("{tag}.");
    let wrapped = Value::Object(Map::from_iter([(tag.clone(), Value::Object(fields))]));
    fit(wrapped).map_err(|error| match error {
        Error::InvalidArgument { field, rule, .. }
            if rule.starts_with("one of") && (field.is_empty() || field == tag) =>
        {
            Error::argument("type", rule, tag)
        }
        Error::InvalidArgument { field, rule, got } => {
            let field = field.strip_prefix(&prefix).map(str::to_string).unwrap_or(field);
            Error::InvalidArgument { field, rule, got }
        }
        other => other,
    })
}

/// Turns `{"sale": {…}}` as serde writes it into `{"type": "sale", …}` as the faces spell it.
pub fn tag(value: Value) -> Value {
    match value {
        Value::Object(outer) if outer.len() == 1 => match outer.into_iter().next() {
            Some((name, Value::Object(mut fields))) => {
                fields.insert("type".into(), name.into());
                Value::Object(fields)
            }
            Some((name, other)) => Value::Object(Map::from_iter([(name, other)])),
            None => Value::Null,
        },
        other => other,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn join(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_string() } else { format!("{path}.{field}") }
}

/// What serde calls a type, as a person would.
fn in_words(rule: &str) -> &str {
    match rule {
        "i64" | "i32" | "i128" => "a whole number",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number of at least 0",
        "f64" | "f32" => "a number",
        "a string" | "a borrowed string" => "a text",
        "a sequence" => "an array",
        "a boolean" => "true or false",
        other if other.starts_with("struct ") => "an object",
        other => other,
    }
}

fn explain(path: &str, message: &str) -> Error {
    let quoted = || message.split('`').nth(1).unwrap_or("").to_string();
    let expected = message.split_once(", expected ").map(|(_, rest)| rest);
    if message.starts_with("missing field") {
        return Error::argument(join(path, &quoted()), "given", "nothing");
    }
    if message.starts_with("unknown field") || message.starts_with("unknown variant") {
        let rule = expected.unwrap_or("nothing").replace('`', "").replace("one of ", "");
        let field = if message.starts_with("unknown field") && !path.ends_with(&quoted()) {
            join(path, &quoted())
        } else {
            path.to_string()
        };
        return Error::argument(field, format!("one of {rule}"), quoted());
    }
    if let (Some(rule), Some((_, rest))) = (expected, message.split_once(": ")) {
        let got = rest.split(", expected ").next().unwrap_or(rest);
        return Error::argument(path, in_words(rule), got);
    }
    Error::argument(path, message.trim_start_matches("must be "), "something else")
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn malformed_text_names_the_line() {
        let error = read::<Value>("{\n\"a\": }").unwrap_err();
        assert_eq!((error.code(), error.to_string().starts_with("line 2")), ("MALFORMED", true));
    }
}
