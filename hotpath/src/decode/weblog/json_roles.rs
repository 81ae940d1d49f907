//! What members of JSON logs are called by those who write them.

use super::columns::Columns;
use crate::batch::ColumnIndex;

/// What a member is for web logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Source,
    User,
    Method,
    /// Path and query, or the whole target.
    Target,
    Path,
    Query,
    Request,
    Protocol,
    Status,
    Bytes,
    Referer,
    Agent,
    Host,
    Level,
    Message,
    Time,
}

/// Roles that members have by the names of the objects around them and their own. Of several members with a role the
/// one whose line comes first here is taken.
pub(super) const ROLES: [(&str, Role); 66] = [
    // Caddy: the client behind trusted proxies goes before the peer.
    ("request.client_ip", Role::Source),
    ("request.remote_ip", Role::Source),
    ("request.remote_addr", Role::Source),
    ("request.method", Role::Method),
    ("request.uri", Role::Target),
    ("request.proto", Role::Protocol),
    ("request.host", Role::Host),
    ("request.headers.User-Agent", Role::Agent),
    ("request.headers.Referer", Role::Referer),
    ("user_id", Role::User),
    ("size", Role::Bytes),
    ("ts", Role::Time),
    ("msg", Role::Message),
    // Traefik.
    ("ClientHost", Role::Source),
    ("ClientAddr", Role::Source),
    ("ClientUsername", Role::User),
    ("RequestMethod", Role::Method),
    ("RequestPath", Role::Target),
    ("RequestProtocol", Role::Protocol),
    ("RequestHost", Role::Host),
    ("DownstreamStatus", Role::Status),
    ("DownstreamContentSize", Role::Bytes),
    ("request_User-Agent", Role::Agent),
    ("request_Referer", Role::Referer),
    ("StartUTC", Role::Time),
    ("StartLocal", Role::Time),
    // Cloudflare.
    ("ClientIP", Role::Source),
    ("ClientRequestMethod", Role::Method),
    ("ClientRequestURI", Role::Target),
    ("ClientRequestPath", Role::Path),
    ("ClientRequestProtocol", Role::Protocol),
    ("ClientRequestHost", Role::Host),
    ("ClientRequestUserAgent", Role::Agent),
    ("ClientRequestReferer", Role::Referer),
    ("EdgeResponseStatus", Role::Status),
    ("EdgeResponseBytes", Role::Bytes),
    ("EdgeStartTimestamp", Role::Time),
    ("EdgeEndTimestamp", Role::Time),
    // nginx's variables, and what people call them.
    ("source_ip", Role::Source),
    ("remote_addr", Role::Source),
    ("client_ip", Role::Source),
    ("clientip", Role::Source),
    ("remote_ip", Role::Source),
    ("remote_user", Role::User),
    ("user_name", Role::User),
    ("request_method", Role::Method),
    ("method", Role::Method),
    ("request_uri", Role::Target),
    ("uri", Role::Target),
    ("path", Role::Path),
    ("args", Role::Query),
    ("query_string", Role::Query),
    ("request", Role::Request),
    ("server_protocol", Role::Protocol),
    ("status", Role::Status),
    ("body_bytes_sent", Role::Bytes),
    ("bytes_sent", Role::Bytes),
    ("http_referer", Role::Referer),
    ("http_user_agent", Role::Agent),
    ("user_agent", Role::Agent),
    ("host", Role::Host),
    ("level", Role::Level),
    ("message", Role::Message),
    ("time_iso8601", Role::Time),
    ("time_local", Role::Time),
    ("time", Role::Time),
];

impl Role {
    /// The column that shows whether the role has been played; a time has none of its own.
    pub(super) fn column(self, columns: &Columns) -> ColumnIndex {
        match self {
            Self::Source => columns.source_ip,
            Self::User => columns.user_name,
            Self::Method => columns.http_method,
            Self::Target | Self::Path => columns.url_path,
            Self::Query => columns.url_query,
            Self::Request | Self::Time => columns.http_request,
            Self::Protocol => columns.http_version,
            Self::Status => columns.http_status,
            Self::Bytes => columns.bytes,
            Self::Referer => columns.http_referer,
            Self::Agent => columns.user_agent,
            Self::Host => columns.http_host,
            Self::Level => columns.level,
            Self::Message => columns.message,
        }
    }
}
