//! A provider with an ephemeral resource and a function.

use xtask::acceptance::every_cli;

use crate::run;

#[test]
fn the_schema_is_read_by_every_program() {
    run(every_cli(), "locker", |folder| {
        let schema = folder.config("provider \"locker\" {\n  folder = \"locks\"\n}\n").provider_schema();
        let attribute = &schema["provider"]["block"]["attributes"]["folder"];
        assert_eq!((&attribute["required"], &attribute["type"]), (&true.into(), &"string".into()), "{schema:#}");
    });
}
