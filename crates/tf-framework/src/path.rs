//! Where a value stands inside another one.

use std::fmt;

/// The way from a whole value to a value inside it, such as `roles[0].type`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    steps: Vec<Step>,
}

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Into an attribute of an object.
    Attribute(String),
    /// Into a list or a tuple, counted from zero.
    Index(i64),
    /// Into a map.
    Key(String),
    /// Into a set. Its elements have neither place nor name, so this step does not say which one.
    SetElement,
}

impl Path {
    /// The whole value.
    pub fn root() -> Path {
        Path::default()
    }

    /// An attribute of the whole value.
    pub fn attribute(name: impl Into<String>) -> Path {
        Path::root().attr(name)
    }

    /// One step further, into an attribute.
    #[must_use]
    pub fn attr(&self, name: impl Into<String>) -> Path {
        self.then(Step::Attribute(name.into()))
    }

    /// One step further, into a list or tuple.
    #[must_use]
    pub fn index(&self, index: i64) -> Path {
        self.then(Step::Index(index))
    }

    /// One step further, into a map.
    #[must_use]
    pub fn key(&self, key: impl Into<String>) -> Path {
        self.then(Step::Key(key.into()))
    }

    /// One step further, into some element of a set.
    #[must_use]
    pub fn element(&self) -> Path {
        self.then(Step::SetElement)
    }

    /// All steps, outermost first.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The steps that the protocol can express: those before the first set element.
    pub fn wire_steps(&self) -> &[Step] {
        let end = self.steps.iter().position(|step| *step == Step::SetElement);
        &self.steps[..end.unwrap_or(self.steps.len())]
    }

    /// Whether this is the whole value.
    pub fn is_root(&self) -> bool {
        self.steps.is_empty()
    }

    /// Puts a step in front, for code that learns the way from the inside out.
    pub(crate) fn inside(mut self, step: Step) -> Path {
        self.steps.insert(0, step);
        self
    }

    fn then(&self, step: Step) -> Path {
        let mut steps = Vec::with_capacity(self.steps.len() + 1);
        steps.extend_from_slice(&self.steps);
        steps.push(step);
        Path { steps }
    }
}

/// Writes the path as a configuration refers to it; `[*]` is an element of a set, and the whole value is empty.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.steps.iter().enumerate() {
            match step {
                Step::Attribute(name) if position == 0 => f.write_str(name)?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
                Step::SetElement => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_like_a_reference() {
        assert_eq!(Path::attribute("roles").index(0).attr("type").to_string(), "roles[0].type");
        assert_eq!(Path::attribute("tags").key("a\"b").to_string(), r#"tags["a\"b"]"#);
        assert_eq!(Path::attribute("scopes").element().to_string(), "scopes[*]");
        assert_eq!(Path::root().to_string(), "");
    }

    #[test]
    fn the_protocol_sees_a_path_up_to_the_first_set() {
        let path = Path::attribute("rules").index(2).attr("ports").element().attr("from");
        assert_eq!(path.wire_steps(), &path.steps()[..3]);
        assert_eq!(Path::attribute("name").wire_steps(), Path::attribute("name").steps());
        assert!(Path::root().element().wire_steps().is_empty());
    }

    #[test]
    fn a_step_put_in_front_comes_first() {
        let path = Path::attribute("type").inside(Step::Index(0)).inside(Step::Attribute("roles".to_owned()));
        assert_eq!(path, Path::attribute("roles").index(0).attr("type"));
        assert!(!path.is_root());
    }
}
