//! Access logs of Amazon S3, of its load balancers and of CloudFront.

pub(super) static PATTERNS: &[(&str, &str)] = &[
    (
        "S3_REQUEST_LINE",
        r"%{WORD:[http][request][method]|verb} %{NOTSPACE:[url][original]|request}(?: HTTP/%{NUMBER:[http][version]|httpversion})?",
    ),
    (
        "S3_ACCESS_LOG",
        r#"%{WORD:[aws][s3access][bucket_owner]|owner} (?:-|%{NOTSPACE:[aws][s3access][bucket]|bucket}) \[%{HTTPDATE:timestamp}\] (?:-|%{IP:[client][ip]|clientip}) (?:-|%{NOTSPACE:[client][user][id]|requester}) %{NOTSPACE:[aws][s3access][request_id]|request_id} %{NOTSPACE:[aws][s3access][operation]|operation} (?:-|%{NOTSPACE:[aws][s3access][key]|key}) (?:-|"(?:-|(?<[aws][s3access][request_uri]|>%{S3_REQUEST_LINE})|%{HTTPD_QUOTED:[aws][s3access][request_uri]|rawrequest})") (?:-|%{INT:[http][response][status_code]|response:int}) (?:-|%{NOTSPACE:[aws][s3access][error_code]|error_code}) (?:-|%{INT:[aws][s3access][bytes_sent]|bytes:int}) (?:-|%{INT:[aws][s3access][object_size]|object_size:int}) (?:-|%{INT:[aws][s3access][total_time]|request_time_ms:int}) (?:-|%{INT:[aws][s3access][turn_around_time]|turnaround_time_ms:int}) (?:-|"(?:-|%{HTTPD_QUOTED:[http][request][referrer]|referrer})") (?:-|"(?:-|%{HTTPD_QUOTED:[user_agent][original]|agent})") (?:-|%{NOTSPACE:[aws][s3access][version_id]|version_id})(?: (?:-|%{NOTSPACE:[aws][s3access][host_id]|host_id}) (?:-|%{NOTSPACE:[aws][s3access][signature_version]|signature_version}) (?:-|%{NOTSPACE:[tls][cipher]|cipher_suite}) (?:-|%{NOTSPACE:[aws][s3access][authentication_type]|authentication_type}) (?:-|%{NOTSPACE:[aws][s3access][host_header]|host_header}) (?:-|%{NOTSPACE:[aws][s3access][tls_version]|tls_version}))?"#,
    ),
    (
        "ELB_URI",
        r"%{URIPROTO:[url][scheme]|proto}://(?:%{USER:[url][username]|}(?::[^@\s/]*)?@)?(?<|urihost>(?:\[%{IPV6}\]|%{IPORHOST:[url][domain]|})(?::%{POSINT:[url][port]|port:int})?)(?:%{URIPATH:[url][path]|path}(?:\?%{URIQUERY:[url][query]|params})?)?",
    ),
    (
        "ELB_REQUEST_LINE",
        r"%{WORD:[http][request][method]|verb} (?:%{ELB_URI:[url][original]|request}|%{NOTSPACE:[url][original]|request})(?: HTTP/%{NUMBER:[http][version]|httpversion})?",
    ),
    // Classic load balancers.
    (
        "ELB_V1_HTTP_LOG",
        r#"%{TIMESTAMP_ISO8601:timestamp} %{NOTSPACE:[aws][elb][name]|elb} %{IP:[source][ip]|clientip}:%{INT:[source][port]|clientport:int} (?:-|%{IP:[aws][elb][backend][ip]|backendip}:%{INT:[aws][elb][backend][port]|backendport:int}) (?:-1|%{NUMBER:[aws][elb][request_processing_time][sec]|request_processing_time:float}) (?:-1|%{NUMBER:[aws][elb][backend_processing_time][sec]|backend_processing_time:float}) (?:-1|%{NUMBER:[aws][elb][response_processing_time][sec]|response_processing_time:float}) %{INT:[http][response][status_code]|response:int} (?:-|%{INT:[aws][elb][backend][http][response][status_code]|backendresponse:int}) %{INT:[http][request][body][bytes]|received_bytes:int} %{INT:[http][response][body][bytes]|bytes:int} "%{ELB_REQUEST_LINE}"(?: "(?:-|%{HTTPD_QUOTED:[user_agent][original]|user_agent})" (?:-|%{NOTSPACE:[tls][cipher]|ssl_cipher}) (?:-|%{NOTSPACE:[aws][elb][ssl_protocol]|ssl_protocol}))?"#,
    ),
    ("ELB_ACCESS_LOG", r"%{ELB_V1_HTTP_LOG}"),
    ("CLOUDFRONT_TIMESTAMP", r"[0-9]{4}-%{MONTHNUM}-%{MONTHDAY}\t%{TIME}"),
    (
        "CLOUDFRONT_ACCESS_LOG",
        r"%{CLOUDFRONT_TIMESTAMP:timestamp}\t%{NOTSPACE:[aws][cloudfront][x_edge_location]|x_edge_location}\t(?:-|%{INT:[destination][bytes]|sc_bytes:int})\t%{IPORHOST:[source][ip]|clientip}\t%{WORD:[http][request][method]|cs_method}\t(?:-|%{NOTSPACE:[url][domain]|cs_host})\t%{NOTSPACE:[url][path]|cs_uri_stem}\t(?:000|%{INT:[http][response][status_code]|sc_status:int})\t(?:-|%{NOTSPACE:[http][request][referrer]|referrer})\t(?:-|%{NOTSPACE:[user_agent][original]|agent})\t(?:-|%{NOTSPACE:[url][query]|cs_uri_query})\t(?:-|%{NOTSPACE:[aws][cloudfront][http][request][cookie]|cookies})\t%{NOTSPACE:[aws][cloudfront][x_edge_result_type]|x_edge_result_type}\t%{NOTSPACE:[aws][cloudfront][x_edge_request_id]|x_edge_request_id}\t%{NOTSPACE:[aws][cloudfront][http][request][host]|x_host_header}\t%{WORD:[network][protocol]|cs_protocol}\t(?:-|%{INT:[source][bytes]|cs_bytes:int})\t%{NUMBER:[aws][cloudfront][time_taken]|time_taken:float}\t(?:-|%{NOTSPACE:[network][forwarded_ip]|x_forwarded_for})\t(?:-|%{NOTSPACE:[aws][cloudfront][ssl_protocol]|ssl_protocol})\t(?:-|%{NOTSPACE:[tls][cipher]|ssl_cipher})\t%{NOTSPACE:[aws][cloudfront][x_edge_response_result_type]|x_edge_response_result_type}",
    ),
];
