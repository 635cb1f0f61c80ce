use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use super::Error;

/// Writes an object with `kind`, `message` (the text of `Display`), `remedy`, `status`, `code`, `type`, `param` and
/// `request_id`. Unknown values are null.
impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Error", 8)?;
        object.serialize_field("kind", &self.kind())?;
        object.serialize_field("message", &self.to_string())?;
        object.serialize_field("remedy", &self.remedy())?;
        object.serialize_field("status", &self.status())?;
        object.serialize_field("code", &self.code())?;
        object.serialize_field("type", &self.type_())?;
        object.serialize_field("param", &self.param())?;
        object.serialize_field("request_id", &self.request_id())?;
        object.end()
    }
}
