//! The three Azure clouds: where each signs in, where its ARM answers, and what its service-tag file calls itself.

/// An Azure cloud. Facts: <https://learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, clap::ValueEnum)]
pub enum Cloud {
    /// Azure, worldwide
    #[default]
    #[value(alias = "AzureCloud")]
    Public,
    /// Azure US Government
    #[value(name = "us-government", aliases = ["AzureUSGovernment", "usgov"])]
    UsGovernment,
    /// Azure China, operated by 21Vianet
    #[value(alias = "AzureChinaCloud")]
    China,
}

impl Cloud {
    /// All of them, in the order they are listed to users.
    pub const ALL: [Cloud; 3] = [Cloud::Public, Cloud::UsGovernment, Cloud::China];

    /// The name on the command line and in a snapshot's manifest.
    pub fn as_str(self) -> &'static str {
        match self {
            Cloud::Public => "public",
            Cloud::UsGovernment => "us-government",
            Cloud::China => "china",
        }
    }

    /// The cloud of that name.
    pub fn parse(name: &str) -> Option<Cloud> {
        Cloud::ALL.into_iter().find(|cloud| cloud.as_str() == name)
    }

    /// Base URL of Azure Resource Manager, without a trailing slash.
    pub fn arm_endpoint(self) -> &'static str {
        match self {
            Cloud::Public => "https://management.azure.com",
            Cloud::UsGovernment => "https://management.usgovcloudapi.net",
            Cloud::China => "https://management.chinacloudapi.cn",
        }
    }

    /// The resource (audience) a token for ARM is asked for; the OAuth scope is this plus `/.default`.
    pub fn arm_audience(self) -> &'static str {
        self.arm_endpoint()
    }

    /// What Entra ID wants a token of another issuer to be made out to:
    /// <https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust>.
    pub fn federation_audience(self) -> &'static str {
        match self {
            Cloud::Public => "api://AzureADTokenExchange",
            Cloud::UsGovernment => "api://AzureADTokenExchangeUSGov",
            Cloud::China => "api://AzureADTokenExchangeChina",
        }
    }

    /// Base URL of Microsoft Entra ID, without a trailing slash.
    pub fn authority_host(self) -> &'static str {
        match self {
            Cloud::Public => "https://login.microsoftonline.com",
            Cloud::UsGovernment => "https://login.microsoftonline.us",
            Cloud::China => "https://login.chinacloudapi.cn",
        }
    }

    /// A region of this cloud. The service-tag API wants one in its path as a version reference only: the
    /// answer lists every region of the cloud.
    pub fn reference_region(self) -> &'static str {
        match self {
            Cloud::Public => "eastus",
            Cloud::UsGovernment => "usgovvirginia",
            Cloud::China => "chinaeast2",
        }
    }

    /// What the `cloud` member of the service-tag file and API holds.
    pub fn service_tag_name(self) -> &'static str {
        match self {
            Cloud::Public => "Public",
            Cloud::UsGovernment => "AzureGovernment",
            Cloud::China => "China",
        }
    }

    /// The cloud that a service-tag document says it is of.
    pub fn from_service_tag_name(name: &str) -> Option<Cloud> {
        Cloud::ALL.into_iter().find(|cloud| cloud.service_tag_name().eq_ignore_ascii_case(name))
    }
}
