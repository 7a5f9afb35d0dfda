//! Who gave a client its scopes and roles: what one provider process knows while it plans or applies.
//!
//! A client and its grants change the same lists on the service, each in a call of its own and several at once. What each
//! of them asks for is noted here, so that taking something away from one holder does not take it from another.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use pangea_client::Role;
use tokio::sync::Notify;

/// Everything known of the clients of one run.
#[derive(Default)]
pub struct Access {
    clients: Mutex<BTreeMap<String, Arc<ClientAccess>>>,
}

impl Access {
    /// What is known of one client.
    pub fn client(&self, client_id: &str) -> Arc<ClientAccess> {
        Arc::clone(lock(&self.clients).entry(client_id.to_owned()).or_default())
    }
}

/// What is known of one client.
#[derive(Default)]
pub struct ClientAccess {
    /// Held by whoever changes the client's scopes or roles, from noting what it asks for until the service has answered:
    /// otherwise a revoke that was on its way already could undo a grant that came after.
    pub changing: tokio::sync::Mutex<()>,
    known: Mutex<Known>,
    was_declared: Notify,
}

#[derive(Default)]
struct Known {
    declared: Option<Declared>,
    asked: Holding,
    holders: Vec<(String, Holding)>,
    reads: BTreeMap<String, usize>,
    project: Option<Option<String>>,
}

/// What the client's own resource declares.
#[derive(Clone, Default)]
pub struct Declared {
    /// Scopes and roles that are the client's own.
    pub holding: Holding,
    /// Whether it owns every scope.
    pub exclusive: bool,
}

/// Scopes and roles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// The scopes.
    pub scopes: BTreeSet<String>,
    /// The roles.
    pub roles: BTreeSet<Role>,
}

impl Holding {
    /// What is here and not in `other`.
    #[must_use]
    pub fn without(&self, other: &Holding) -> Holding {
        Holding {
            scopes: self.scopes.difference(&other.scopes).cloned().collect(),
            roles: self.roles.difference(&other.roles).cloned().collect(),
        }
    }

    /// What is both here and in `other`.
    #[must_use]
    pub fn shared_with(&self, other: &Holding) -> Holding {
        Holding {
            scopes: self.scopes.intersection(&other.scopes).cloned().collect(),
            roles: self.roles.intersection(&other.roles).cloned().collect(),
        }
    }

    /// What is here, and what is in `other`.
    #[must_use]
    pub fn with(&self, other: &Holding) -> Holding {
        Holding {
            scopes: self.scopes.union(&other.scopes).cloned().collect(),
            roles: self.roles.union(&other.roles).cloned().collect(),
        }
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.scopes.is_empty() && self.roles.is_empty()
    }

    /// The scopes and roles by name, for a message.
    pub fn names(&self) -> String {
        let scopes = self.scopes.iter().map(|scope| format!("`{scope}`"));
        let roles = self.roles.iter().map(|role| format!("role `{}` on {} `{}`", role.role, role.r#type, role.id));
        scopes.chain(roles).collect::<Vec<_>>().join(", ")
    }
}

impl ClientAccess {
    /// Notes what the client's resource declares, when it is read, planned or applied.
    pub fn declare(&self, declared: Declared) {
        self.known().declared = Some(declared);
        self.was_declared.notify_waiters();
    }

    /// What the client's resource declares, if this process has met it.
    pub fn declared(&self) -> Option<Declared> {
        self.known().declared.clone()
    }

    /// The same, after a wait for a client's resource that Terraform may be reading at this moment.
    pub async fn declared_within(&self, limit: Duration) -> Option<Declared> {
        let noticed = self.was_declared.notified();
        tokio::pin!(noticed);
        // Listening begins before the look, so that nothing falls between the two.
        noticed.as_mut().enable();
        if let Some(declared) = self.declared() {
            return Some(declared);
        }
        let _ = tokio::time::timeout(limit, noticed).await;
        self.declared()
    }

    /// Notes what an apply asks for.
    pub fn ask(&self, holding: &Holding) {
        let mut known = self.known();
        known.asked = known.asked.with(holding);
    }

    /// What of `holding` no apply of this process has asked for: this alone may be revoked.
    pub fn not_asked(&self, holding: &Holding) -> Holding {
        holding.without(&self.known().asked)
    }

    /// Notes the project of the roles that the client has by now. Roles in no project, as those of a service client are, say
    /// nothing of it.
    pub fn note_roles<'r>(&self, roles: impl IntoIterator<Item = &'r Role>) {
        let mut projects = roles.into_iter().filter(|role| role.r#type == "project").map(|role| role.id.as_str());
        if let Some(first) = projects.next() {
            self.note_project(projects.all(|other| other == first).then_some(first));
        }
    }

    /// Notes the project that the client is in; `None` where that can't be known.
    pub fn note_project(&self, project: Option<&str>) {
        self.known().project = Some(project.map(str::to_owned));
    }

    /// The project that the client is in: `None` where nobody has asked yet, an inner `None` where it can't be known.
    pub fn project(&self) -> Option<Option<String>> {
        self.known().project.clone()
    }

    /// Notes that a grant of this name was read. Terraform reads each of its objects once in a run.
    pub fn note_read(&self, holder: &str) {
        *self.known().reads.entry(holder.to_owned()).or_default() += 1;
    }

    /// Whether two grants have this name, and so hold the very same.
    pub fn has_twin(&self, holder: &str) -> bool {
        self.known().reads.get(holder).is_some_and(|reads| *reads > 1)
    }

    /// Notes what a resource plans to hold, under a name of its own, and tells what others plan to hold as well.
    pub fn plan(&self, holder: &str, holding: Holding) -> Holding {
        let mut known = self.known();
        known.holders.retain(|(name, _)| name != holder);
        let others = known.holders.iter().fold(Holding::default(), |all, (_, one)| all.with(one));
        let shared = holding.shared_with(&others);
        known.holders.push((holder.to_owned(), holding));
        shared
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        lock(&self.known)
    }
}

/// A poisoned lock holds a whole value all the same: nothing here stops halfway.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes<const N: usize>(scopes: [&str; N]) -> Holding {
        Holding { scopes: scopes.map(str::to_owned).into(), roles: BTreeSet::new() }
    }

    #[test]
    fn what_another_apply_asked_for_is_not_revoked() {
        let access = Access::default();
        access.client("psa_a").ask(&scopes(["read", "manage"]));
        assert_eq!(access.client("psa_a").not_asked(&scopes(["read", "write"])), scopes(["write"]));
        assert_eq!(access.client("psa_b").not_asked(&scopes(["read"])), scopes(["read"]));
    }

    #[test]
    fn a_scope_planned_by_two_holders_is_seen_by_the_second() {
        let access = Access::default();
        let client = access.client("psa_a");
        assert_eq!(client.plan("client", scopes(["read"])), scopes([]));
        assert_eq!(client.plan("grant", scopes(["read", "write"])), scopes(["read"]));
    }

    #[test]
    fn the_project_of_a_client_is_that_of_its_roles_where_they_agree() {
        let role = |kind: &str, id: &str| Role { r#type: kind.to_owned(), id: id.to_owned(), ..Role::default() };
        let client = ClientAccess::default();
        assert_eq!(client.project(), None);
        client.note_roles(&[role("project", "ppi_a"), role("service_audit_config", "pci_a")]);
        assert_eq!(client.project(), Some(Some("ppi_a".to_owned())));
        client.note_roles(&[role("service_audit_config", "pci_a")]);
        assert_eq!(client.project(), Some(Some("ppi_a".to_owned())));
        client.note_roles(&[role("project", "ppi_a"), role("project", "ppi_b")]);
        assert_eq!(client.project(), Some(None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_declaration_is_waited_for_but_not_for_ever() {
        let client = Arc::new(ClientAccess::default());
        assert!(client.declared_within(Duration::from_secs(5)).await.is_none());
        let waiting = tokio::spawn({
            let client = Arc::clone(&client);
            async move { client.declared_within(Duration::from_secs(5)).await }
        });
        tokio::task::yield_now().await;
        client.declare(Declared::default());
        assert!(waiting.await.unwrap().is_some());
    }

    #[test]
    fn a_holder_that_is_planned_twice_does_not_meet_itself() {
        let access = Access::default();
        let client = access.client("psa_a");
        client.plan("grant", scopes(["read"]));
        assert_eq!(client.plan("grant", scopes(["read"])), scopes([]));
    }
}
