/* What is told of an upstream that could not be reached or that broke off: RFC 9209's word, and a sentence. */
#include "net/tls.h"
#include "proxy/fetch_impl.h"

enum proxy_error
fetch_error_of(enum upconn_fault fault)
{
	switch (fault) {
	case UPCONN_DNS:
		return PROXY_ERROR_DNS_ERROR;
	case UPCONN_DNS_TIMEOUT:
		return PROXY_ERROR_DNS_TIMEOUT;
	case UPCONN_REFUSED:
		return PROXY_ERROR_CONNECTION_REFUSED;
	case UPCONN_TIMEOUT:
		return PROXY_ERROR_CONNECTION_TIMEOUT;
	case UPCONN_UNREACHABLE:
		return PROXY_ERROR_DESTINATION_IP_UNROUTABLE;
	case UPCONN_FORBIDDEN:
		return PROXY_ERROR_DESTINATION_IP_PROHIBITED;
	case UPCONN_CERTIFICATE:
		return PROXY_ERROR_TLS_CERTIFICATE_ERROR;
	case UPCONN_ALERT:
		return PROXY_ERROR_TLS_ALERT_RECEIVED;
	case UPCONN_TLS:
		return PROXY_ERROR_TLS_PROTOCOL_ERROR;
	case UPCONN_SHORT:
		return PROXY_ERROR_PROXY_INTERNAL_ERROR;
	case UPCONN_OK:
	case UPCONN_FAILED:
		break;
	}
	return PROXY_ERROR_CONNECTION_TERMINATED;
}

void
fetch_note_fault(struct fetch *f, enum upconn_fault fault, const char *why)
{
	f->error = fetch_error_of(fault);
	f->alert = upconn_alert(f->up);
	f->details = arena_str(f->arena, str_c(why));
}

enum proxy_error
fetch_broken_off(struct fetch *f, enum proxy_error otherwise)
{
	static const enum proxy_error errors[] = { [TLS_FAULT_CERTIFICATE] = PROXY_ERROR_TLS_CERTIFICATE_ERROR,
						   [TLS_FAULT_ALERT] = PROXY_ERROR_TLS_ALERT_RECEIVED,
						   [TLS_FAULT_PROTOCOL] = PROXY_ERROR_TLS_PROTOCOL_ERROR };
	const struct tls_trouble *trouble = conn_trouble(upconn_conn(f->up));

	if (trouble == NULL)
		return otherwise;
	f->alert = trouble->alert;
	f->details = arena_str(f->arena, str_c(trouble->text));
	return trouble->fault == TLS_FAULT_NONE ? otherwise : errors[trouble->fault];
}
