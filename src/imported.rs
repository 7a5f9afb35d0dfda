//! The mark that an import leaves in private state, until the first change after it: nobody has declared yet what the state holds.

use tf_framework::Private;

use crate::gone;

/// Private state: set by an import.
pub const IMPORTED: &str = "imported";

/// Whether the state may hold what nobody declared: the object was imported and not changed since, or the private state that would say
/// so is lost.
pub fn is_imported(private: &Private) -> bool {
    private.is_set(IMPORTED) || gone::is_lost(private)
}

/// Keeps the mark over a read, which from then on looks as if nothing had been lost.
pub fn keep(private: &mut Private) {
    if is_imported(private) {
        private.set(IMPORTED, true);
    }
}
