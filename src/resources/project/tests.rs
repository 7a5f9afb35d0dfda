//! What a project is planned to be and becomes, apart from any service.

use expect_test::{Expect, expect};

use super::*;
use crate::{
    provider::Block,
    testing::{pangea, render},
};

fn protected() -> Project {
    Project {
        id: "ppi_a".into(),
        name: "shop".into(),
        geo: "us".into(),
        region: "us-west-1".into(),
        organization_id: "poi_a".into(),
        deletion_protection: true.into(),
        fqdn: Value::Null,
        created_at: "2026-01-01T00:00:00Z".into(),
        timeouts: Value::Null,
    }
}

fn check(problem: Option<Diagnostic>, expected: Expect) {
    expected.assert_eq(&problem.map_or_else(|| "none".to_owned(), |problem| render(&problem.into())));
}

#[test]
fn a_protected_project_may_not_be_deleted() {
    check(
        protected().refusal(None),
        expect![[r#"
        Error: Project is protected from deletion

        The project "shop" (ppi_a) has `deletion_protection = true` in the state, and would be deleted with everything in it. If that is meant, set `deletion_protection = false`, apply that by itself, and then delete or replace the project.

        A left-over (deposed) object of an earlier replacement is reached by no configuration: allow its deletion with the environment variable PANGEA_ALLOW_DELETE=ppi_a.
    "#]],
    );
}

#[test]
fn an_unprotected_project_may_be_deleted() {
    let imported = Project { deletion_protection: Value::Null, ..protected() };
    let off = Project { deletion_protection: false.into(), ..protected() };
    check(imported.refusal(None), expect!["none"]);
    check(off.refusal(None), expect!["none"]);
}

#[test]
fn the_variable_allows_the_ids_that_it_names_and_no_other() {
    let allowing = |ids| pangea(Block::default(), &[("PANGEA_ALLOW_DELETE", ids)]);
    check(protected().refusal(Some(&allowing("ppi_b,ppi_a"))), expect!["none"]);
    assert!(protected().refusal(Some(&allowing("ppi_b"))).is_some());
}

#[test]
fn a_project_that_was_made_elsewhere_is_an_error_at_the_attribute() {
    let plan = Project { region: "us-east-1".into(), ..protected() };
    check(
        protected().misplaced(&plan),
        expect![[r#"
        Error at region: Pangea made the project elsewhere

        The project ppi_a was asked for with `region` "us-east-1", and was made with "us-west-1". It is in the state as tainted, and the next apply replaces it. Correct `region` before that, or leave it out where Pangea may choose.
    "#]],
    );
}

#[test]
fn what_the_plan_left_open_or_the_service_does_not_tell_is_not_elsewhere() {
    let open = Project { region: Value::Unknown, organization_id: Value::Unknown, ..protected() };
    check(protected().misplaced(&open), expect!["none"]);
    check(Project { region: Value::Null, ..protected() }.misplaced(&protected()), expect!["none"]);
}

#[test]
fn a_plan_keeps_what_it_knew_and_takes_the_rest_from_the_service() {
    let plan = Project { name: "new".into(), fqdn: Value::Unknown, region: Value::Unknown, ..protected() };
    let answered = Project { fqdn: "aws.us.pangea.cloud".into(), region: Value::Null, ..protected() };
    let state = answered.settled(plan);
    assert_eq!(state.name, Value::from("new"));
    assert_eq!(state.fqdn, Value::from("aws.us.pangea.cloud"));
    assert_eq!(state.region, Value::Null);
    assert_eq!(state.deletion_protection, Value::Known(true));
}

#[test]
fn an_organization_of_another_kind_is_refused_and_an_invented_one_is_not() {
    let validated = |id: &str| {
        let mut diagnostics = Diagnostics::new();
        Project::validate(&Project { organization_id: id.into(), ..protected() }, &mut diagnostics);
        render(&diagnostics)
    };
    expect![[r#"
        Error at organization_id: Id of another kind

        `organization_id` looks like the id of a project, and should begin with `poi_`.
    "#]]
    .assert_eq(&validated("ppi_a"));
    assert_eq!(validated("invented"), "");
}
