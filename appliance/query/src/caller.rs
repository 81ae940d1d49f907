//! Who asks, and what of the lake that caller may see.

use crate::catalog::DatasetName;

/// The tenants whose datasets a caller may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tenants {
    /// Every tenant of the lake: the operator.
    All,
    /// These tenants and no other.
    Only(Vec<String>),
}

/// Who runs a statement. What is outside its tenants does not exist for it: not in listings, not in error texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The tenants whose datasets this caller may read.
    pub tenants: Tenants,
}

impl Caller {
    /// A caller that sees every tenant.
    pub fn everything() -> Self {
        Self { tenants: Tenants::All }
    }

    /// A caller that sees these tenants only.
    pub fn of_tenants(tenants: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { tenants: Tenants::Only(tenants.into_iter().map(Into::into).collect()) }
    }

    /// Whether this caller may see this tenant.
    pub fn sees_tenant(&self, tenant: &str) -> bool {
        match &self.tenants {
            Tenants::All => true,
            Tenants::Only(allowed) => allowed.iter().any(|name| name == tenant),
        }
    }
}

/// What one statement may name: the caller's tenants, narrowed by what the request says.
#[derive(Debug, Clone)]
pub struct Scope {
    /// Who asks.
    pub caller: Caller,
    /// When set, only this tenant's datasets exist for the statement.
    pub tenant: Option<String>,
    /// When set, only datasets of this name exist for the statement.
    pub dataset: Option<String>,
}

impl Scope {
    /// Everything that the caller may see.
    pub fn of(caller: Caller) -> Self {
        Self { caller, tenant: None, dataset: None }
    }

    /// Whether a tenant is within the scope.
    pub fn includes_tenant(&self, tenant: &str) -> bool {
        self.caller.sees_tenant(tenant) && self.tenant.as_deref().is_none_or(|only| only == tenant)
    }

    /// Whether a dataset is within the scope.
    pub fn includes(&self, name: &DatasetName) -> bool {
        self.includes_tenant(&name.tenant) && self.dataset.as_deref().is_none_or(|only| only == name.dataset)
    }
}
