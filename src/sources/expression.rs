//! Expressions that take an answer apart: `JMESPath`, or JSON Pointer.

use std::fmt;

use jmespath::ast::Ast;
use jmespath::{DEFAULT_RUNTIME, ErrorReason, Rcvar, ToJmespath};
use serde_json::Value;

/// An expression of more parts than this is none that a person wrote, and both reading and evaluating one goes as deep as it
/// has parts.
const MOST_PARTS: usize = 100;

/// An expression that was understood.
#[derive(Clone)]
pub struct Expression(Kind);

#[derive(Clone)]
enum Kind {
    /// The same syntax for every document: one place in it.
    Pointer(String),
    Path(jmespath::Expression<'static>),
}

impl Expression {
    /// Understands an expression. One that begins with `/` is a JSON Pointer, every other one is `JMESPath`.
    ///
    /// # Errors
    /// What is wrong with it, and at which column.
    pub fn compile(text: &str) -> Result<Self, String> {
        if text.starts_with('/') {
            return Ok(Self(Kind::Pointer(text.to_owned())));
        }
        if text.chars().filter(|c| ".|&!*[({=<>".contains(*c)).count() > MOST_PARTS {
            return Err(format!("column 1: it has more than {MOST_PARTS} parts"));
        }
        let compiled = jmespath::compile(text).map_err(|e| {
            let why = match &e.reason {
                ErrorReason::Parse(why) => why.trim().trim_end_matches('.').to_owned(),
                ErrorReason::Runtime(why) => why.to_string(),
            };
            format!("column {}: {}", e.column + 1, one_line(&why))
        })?;
        match mistake(compiled.as_ast()) {
            Some((what, offset)) => Err(format!("column {}: {what}", offset + 1)),
            None => Ok(Self(Kind::Path(compiled))),
        }
    }

    /// The first name in it that is none of these, where it begins at what it is asked of.
    #[must_use]
    pub fn unknown_name(&self, known: &[&str]) -> Option<String> {
        let name = match &self.0 {
            Kind::Pointer(text) => text.split('/').nth(1).filter(|name| !known.contains(name)),
            Kind::Path(path) => unknown_root(path.as_ast(), known),
        };
        name.map(str::to_owned)
    }

    /// Whether it speaks of something by this name.
    pub(super) fn names(&self, name: &str) -> bool {
        match &self.0 {
            Kind::Pointer(text) => text.split('/').any(|part| part == name),
            Kind::Path(path) => path.as_str().split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part == name),
        }
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Pointer(text) => f.write_str(text),
            Kind::Path(path) => f.write_str(path.as_str()),
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What would be noticed only when it is evaluated, or not at all, and where.
fn mistake(ast: &Ast) -> Option<(String, usize)> {
    let parts: Vec<&Ast> = match ast {
        Ast::Function { name, offset, .. } if DEFAULT_RUNTIME.get_function(name).is_none() => {
            return Some((format!("there is no function {name}"), *offset));
        }
        // the language takes !a.b for (!a).b, which is always null
        Ast::Subexpr { lhs, offset, .. } if matches!(**lhs, Ast::Not { .. }) => {
            return Some(("! is only about the word behind it: write !(a.b)".to_owned(), *offset));
        }
        Ast::Function { args, .. } => args.iter().collect(),
        Ast::MultiList { elements, .. } => elements.iter().collect(),
        Ast::MultiHash { elements, .. } => elements.iter().map(|pair| &pair.value).collect(),
        Ast::Comparison { lhs, rhs, .. }
        | Ast::Projection { lhs, rhs, .. }
        | Ast::And { lhs, rhs, .. }
        | Ast::Or { lhs, rhs, .. }
        | Ast::Subexpr { lhs, rhs, .. } => vec![lhs, rhs],
        Ast::Condition { predicate, then, .. } => vec![predicate, then],
        Ast::Expref { ast, .. } => vec![ast],
        Ast::Flatten { node, .. } | Ast::Not { node, .. } | Ast::ObjectValues { node, .. } => vec![node],
        Ast::Identity { .. } | Ast::Field { .. } | Ast::Index { .. } | Ast::Literal { .. } | Ast::Slice { .. } => Vec::new(),
    };
    parts.into_iter().find_map(mistake)
}

/// The first name that is looked for in the document itself, and is none of these. What follows a point, a pipe or a bracket is
/// looked for in what comes before.
fn unknown_root<'a>(ast: &'a Ast, known: &[&str]) -> Option<&'a str> {
    let parts: Vec<&Ast> = match ast {
        Ast::Field { name, .. } => return (!known.contains(&name.as_str())).then_some(name),
        Ast::Function { args, .. } => args.iter().collect(),
        Ast::MultiList { elements, .. } => elements.iter().collect(),
        Ast::MultiHash { elements, .. } => elements.iter().map(|pair| &pair.value).collect(),
        Ast::Comparison { lhs, rhs, .. } | Ast::And { lhs, rhs, .. } | Ast::Or { lhs, rhs, .. } => vec![lhs, rhs],
        Ast::Projection { lhs, .. } | Ast::Subexpr { lhs, .. } => vec![lhs],
        Ast::Condition { predicate, then, .. } => vec![predicate, then],
        Ast::Flatten { node, .. } | Ast::Not { node, .. } | Ast::ObjectValues { node, .. } => vec![node],
        Ast::Expref { .. } | Ast::Identity { .. } | Ast::Index { .. } | Ast::Literal { .. } | Ast::Slice { .. } => Vec::new(),
    };
    parts.into_iter().find_map(|part| unknown_root(part, known))
}

/// What expressions are asked of.
pub(super) struct Document {
    value: Value,
    variable: Rcvar,
}

impl Document {
    pub fn new(value: Value) -> Self {
        let variable = (&value).to_jmespath().unwrap_or_else(|_| Rcvar::new(jmespath::Variable::Null));
        Self { value, variable }
    }

    /// What an expression gives; null where there is nothing.
    ///
    /// # Errors
    /// What it cannot do with what is there, such as the length of a number.
    pub fn get(&self, expression: &Expression) -> Result<Value, String> {
        match &expression.0 {
            Kind::Pointer(at) => Ok(self.value.pointer(at).cloned().unwrap_or_default()),
            Kind::Path(path) => path
                .search(&self.variable)
                .and_then(|found| serde_json::to_value(&*found).map_err(Into::into))
                .map_err(|e| one_line(&e.reason.to_string())),
        }
    }

    /// What templates are filled from: `more`, and this as its `item`.
    pub fn scope(&self, mut more: Value) -> Self {
        more["item"] = self.value.clone();
        Self::new(more)
    }

    /// Whether an expression is true of it: not null, not false, not empty.
    pub fn is(&self, expression: &Expression) -> bool {
        self.get(expression).is_ok_and(|value| is_true(&value))
    }
}

/// What counts as true: all but null, false, and what is empty.
pub(super) fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is) => *is,
        Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// A value as a text, where it is one or can be written as one.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
