//! Texts and bodies of requests with expressions in them.

use serde_json::Value;

use super::expression::{Document, Expression, text};

/// A text with expressions in braces.
#[derive(Debug, Clone)]
pub struct Template(Vec<Part>);

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    Value(Expression),
}

impl Template {
    /// Understands a text. What stands in braces and begins with one of `names` is an expression; other braces are only braces,
    /// unless a word stands in them.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str, names: &[&str]) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            plain.push_str(before);
            let inner = after.split_once('}');
            let name: String = after.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            match inner {
                Some((inner, left)) if names.contains(&name.as_str()) => {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                    let expression = Expression::compile(inner).map_err(TemplateError::Expression)?;
                    if let Some(unknown) = expression.unknown_name(names) {
                        return Err(TemplateError::Name(unknown));
                    }
                    parts.push(Part::Value(expression));
                    rest = left;
                }
                Some(_) if name.starts_with(|c: char| c.is_ascii_lowercase()) => return Err(TemplateError::Name(name)),
                _ => {
                    plain.push('{');
                    rest = after;
                }
            }
        }
        plain.push_str(rest);
        parts.push(Part::Text(plain));
        parts.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
        Ok(Self(parts))
    }

    /// Whether one of its expressions speaks of something by this name.
    pub(super) fn names(&self, name: &str) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Value(expression) if expression.names(name)))
    }

    /// The text, with each value written by `write`.
    ///
    /// # Errors
    /// Which expression gives nothing.
    pub(super) fn fill(&self, scope: &Document, write: impl Fn(&str) -> String) -> Result<String, String> {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Value(expression) => out.push_str(&write(&known(scope, expression)?.1)),
            }
        }
        Ok(out)
    }

    /// The value: that of the expression itself where there is nothing else, so that a number stays one.
    ///
    /// # Errors
    /// Which expression gives nothing.
    pub(super) fn value(&self, scope: &Document) -> Result<Value, String> {
        match self.0.as_slice() {
            [Part::Value(expression)] => known(scope, expression).map(|(value, _)| value),
            _ => self.fill(scope, str::to_owned).map(Value::String),
        }
    }
}

/// What an expression gives, which must be something, and the text of it.
fn known(scope: &Document, expression: &Expression) -> Result<(Value, String), String> {
    let value = scope.get(expression)?;
    let text = text(&value).filter(|text| !text.is_empty()).ok_or_else(|| format!("{{{expression:?}}} gives nothing"))?;
    Ok((value, text))
}

/// Why a text with expressions is not understood.
pub enum TemplateError {
    /// What stands in braces is none of the names that are known there.
    Name(String),
    /// It is no expression.
    Expression(String),
}

/// A body of JSON whose texts have expressions in them.
#[derive(Debug, Clone)]
pub struct Body(Inner);

#[derive(Debug, Clone)]
enum Inner {
    Plain(Value),
    Text(Template),
    List(Vec<Body>),
    Object(Vec<(String, Body)>),
}

impl Body {
    /// Understands the texts of a body.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn parse(value: Value, names: &[&str]) -> Result<Self, TemplateError> {
        Ok(Self(match value {
            Value::String(text) => Inner::Text(Template::parse(&text, names)?),
            Value::Array(list) => Inner::List(list.into_iter().map(|v| Self::parse(v, names)).collect::<Result<_, _>>()?),
            Value::Object(members) => {
                let members = members.into_iter().map(|(name, v)| Ok((name, Self::parse(v, names)?)));
                Inner::Object(members.collect::<Result<_, _>>()?)
            }
            plain => Inner::Plain(plain),
        }))
    }

    /// The body with all values in it. They are put into JSON that has been read, so none can change its shape.
    ///
    /// # Errors
    /// Which expression gives nothing.
    pub(super) fn fill(&self, scope: &Document) -> Result<Value, String> {
        Ok(match &self.0 {
            Inner::Plain(value) => value.clone(),
            Inner::Text(template) => template.value(scope)?,
            Inner::List(list) => list.iter().map(|body| body.fill(scope)).collect::<Result<_, _>>()?,
            Inner::Object(members) => {
                let members = members.iter().map(|(name, body)| Ok((name.clone(), body.fill(scope)?)));
                Value::Object(members.collect::<Result<_, String>>()?)
            }
        })
    }

    /// Whether one of its expressions speaks of something by this name.
    pub(super) fn names(&self, name: &str) -> bool {
        match &self.0 {
            Inner::Plain(_) => false,
            Inner::Text(template) => template.names(name),
            Inner::List(list) => list.iter().any(|body| body.names(name)),
            Inner::Object(members) => members.iter().any(|(_, body)| body.names(name)),
        }
    }
}
