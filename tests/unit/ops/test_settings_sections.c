#include "ops/settings_case.h"

static void
listeners(void **state)
{
	static const struct row rows[] = {
		{ ASK ROUTE SECRET,
		  "c.yaml: listeners: none: a node must listen somewhere, such as listeners: [{address: "
		  "\"127.0.0.1:8080\"}]\n" },
		{ "listeners: []\n" ASK ROUTE SECRET,
		  "c.yaml:1:12: listeners: none: a node must listen somewhere, such as listeners: [{address: "
		  "\"127.0.0.1:8080\"}]\n" },
		{ "listeners: {}\n" ASK ROUTE SECRET,
		  "c.yaml:1:12: listeners: must be a list, not settings with names\n" },
		{ "listeners: [\":80\"]\n" ASK ROUTE SECRET,
		  "c.yaml:1:13: listeners[0]: must be settings with names, not a single value\n"
		  "c.yaml:1:13: listeners[0].address: must be given, such as \"127.0.0.1:8080\"\n" },
		{ "listeners: [{address: \"localhost:80\"}]\n" ASK ROUTE SECRET,
		  "c.yaml:1:23: listeners[0].address: \"localhost:80\" is no address: write \"127.0.0.1:8080\", "
		  "\":8080\" or "
		  "\"[::1]:8080\"\n" },
		{ "listeners: [{address: \":80\"}, {address: \":81\"}, {address: \"[::]:80\"}]\n" ASK ROUTE SECRET,
		  "c.yaml:1:59: listeners[2].address: listeners[0] has the same address\n" },
		{ "listeners: [{address: \"[::1]:0\"}, {address: \"[::1]:0\"}]\n" ASK ROUTE SECRET, "" },
		{ LISTEN SECRET,
		  "c.yaml:1:13: listeners[0].mode: a reverse listener needs routes to say whom to ask\n" },
		{ "listeners: [{address: \":80\", mode: both}]\n" SECRET,
		  "c.yaml:1:36: listeners[0].mode: a two-way listener needs routes to say whom to ask\n" },
		{ "listeners: [{address: \":80\", mode: forward}]\n" SECRET, "" },
		{ "listeners: [{address: \":80\", mode: intercept}]\n" SECRET, "" },
		{ "listeners: [{address: \":80\", divert: tproxy, unverified: refuse}]\n" ASK ROUTE SECRET,
		  "c.yaml:1:38: warning: listeners[0].divert: has no effect: it is for mode: intercept\n"
		  "c.yaml:1:58: warning: listeners[0].unverified: has no effect: it is for mode: intercept\n" },
		{ "listeners: [{address: \":80\", mode: intercept, keep_client: true}]\n" SECRET,
		  "c.yaml:1:60: listeners[0].keep_client: only with divert: tproxy, whose rules bring back what is "
		  "sent to "
		  "the client\n" },
		{ "listeners: [{address: \":80\", mode: intercept, divert: tproxy, keep_client: true}]\n" SECRET, "" },
		{ "listeners: [{address: \":80\", mode: intercept, proxy_protocol_from: [\"::/0\"]}]\n" SECRET,
		  "c.yaml:1:68: listeners[0].proxy_protocol_from: not with mode: intercept: where the connection was "
		  "going "
		  "says the kernel\n" },
		{ "listeners: [{address: \":80\", proxy_protocol_from: [\"10.0.0.0/8\", lan]}]\n" ASK ROUTE SECRET,
		  "c.yaml:1:66: listeners[0].proxy_protocol_from[1]: \"lan\" is no network: write 10.0.0.0/8, "
		  "192.0.2.7, "
		  "fd00::/8 or ::1, or loopback, private or link-local\n" },
		{ "listeners: [{address: \":80\", mode: intercept, default_host: a}]\n" SECRET,
		  "c.yaml:1:61: warning: listeners[0].default_host: has no effect: with mode: intercept a request that "
		  "names no host is for the address that it was sent to\n" },
		{ "listeners: [{address: \":80\", default_host: \"a/b\"}]\n" ASK ROUTE SECRET,
		  "c.yaml:1:44: listeners[0].default_host: must be a host name with or without a port\n" },
		{ "admin: {address: \":80\"}\n" REST,
		  "c.yaml:1:18: admin.address: listeners[0] has the same address\n" },
		{ "listeners: [{address: \"127.0.0.1:9180\"}]\n" ASK ROUTE SECRET, "" }, /* the admin port gives way */
		{ "admin: {address: here}\n" REST,
		  "c.yaml:1:18: admin.address: \"here\" is no address: write \"127.0.0.1:8080\", \":8080\" or "
		  "\"[::1]:8080\"\n" },
	};

	(void)state;
	RUN(rows);
}

static void
upstreams(void **state)
{
	static const struct row rows[] = {
		{ "upstreams: {s: {members: [\"https://a/b\", \"http://a/b\", \"http://b\"]}}\n" LISTEN ROUTE SECRET,
		  "c.yaml:1:27: upstreams.s.members[0]: \"https://a/b\": nothing may stand behind an upstream's "
		  "host and port, a path neither\n"
		  "c.yaml:1:42: upstreams.s.members[1]: \"http://a/b\": nothing may stand behind an upstream's host "
		  "and port, a "
		  "path neither\n" },
		{ "upstreams: {s: {}}\n" LISTEN ROUTE SECRET,
		  "c.yaml:1:16: upstreams.s.members: a group needs at least one member\n" },
		{ "upstreams: {s: }\n" LISTEN ROUTE SECRET,
		  "c.yaml:1:16: upstreams.s.members: a group needs at least one member\n" },
		{ "upstreams: {s: {members: http://a}}\n" LISTEN ROUTE SECRET,
		  "c.yaml:1:26: upstreams.s.members: must be a list, not a single value\n" },
		{ "upstreams: {s: {members: [{url: \"http://a\", weight: 100}, http://b, {url: http://c/d}]}}\n" LISTEN
		      ROUTE SECRET,
		  "c.yaml:1:75: upstreams.s.members[2].url: \"http://c/d\": nothing may stand behind an upstream's "
		  "host and port, a path neither\n" },
		{ "upstreams: {s: {members: [{url: \"http://a\", weight: 0}, {weight: 1}, ~, [a]]}}\n" LISTEN ROUTE
		      SECRET,
		  "c.yaml:1:53: upstreams.s.members[0].weight: \"0\" is out of bounds: at least 1, at most 100\n"
		  "c.yaml:1:57: upstreams.s.members[1].url: must be given, such as \"http://127.0.0.1:8080\"\n"
		  "c.yaml:1:70: upstreams.s.members[2].url: must be given, such as \"http://127.0.0.1:8080\"\n"
		  "c.yaml:1:73: upstreams.s.members[3]: must be settings with names, not a list\n" },
		{ "upstreams: {s: {members: [\"http://a\"], host: \"a b\"}}\n" LISTEN ROUTE SECRET,
		  "c.yaml:1:46: upstreams.s.host: must be client, member, or a host name with or without a port\n" },
		{ "upstreams: {s: {kind: parent, members: [\"http://a\"], host: member}}\n" LISTEN ROUTE SECRET,
		  "c.yaml:1:60: warning: upstreams.s.host: has no effect: a cache always gets the client's Host\n" },
		{ "upstreams: {s: {members: [\"http://a\"], digest: cairn}}\n" LISTEN ROUTE SECRET,
		  "c.yaml:1:48: warning: upstreams.s.digest: has no effect: an origin has no digest\n" },
		{ "upstreams: {s: {kind: parent, members: [\"http://a\"], digest: squid}}\n" LISTEN ROUTE SECRET, "" },
		{ "upstreams: {s: {members: [\"http://a:1\", \"http://a:2\"], choice: carp}}\n" LISTEN ROUTE SECRET,
		  "c.yaml:1:26: upstreams.s.members: two are called \"a\", and choice carp goes by the names: give "
		  "them some\n" },
		{ "upstreams: {s: {members: [\"http://a:1\", {url: \"http://a:2\", name: b}], choice: carp}}\n" LISTEN
		      ROUTE SECRET,
		  "" },
		{ "upstreams: {s: {members: [\"http://a\", \"http://b\", \"http://A:80\", {url: \"http://a\", weight: 2}]}}\n" LISTEN
		      ROUTE SECRET,
		  "c.yaml:1:26: warning: upstreams.s.members: a:80 stands there more than once: metrics cannot tell which is "
		  "which; for a larger share give it a weight\n" },
		{ "upstreams: {s: {members: [{url: \"http://a:2\", name: b}]}}\n" LISTEN ROUTE SECRET,
		  "c.yaml:1:26: warning: upstreams.s.members: the name of a:2 has no effect: choice is not carp\n" },
		{ "upstreams: {s: {members: [{url: \"http://10.0.0.1\", follow: addresses}]}}\n" LISTEN ROUTE SECRET,
		  "c.yaml:1:60: warning: upstreams.s.members[0].follow: has no effect: an address stands for "
		  "itself alone\n" },
		{ "upstreams: {s: {members: [{url: \"http://a:81\", follow: srv, weight: 2, name: b}]}}\n" LISTEN ROUTE
		      SECRET,
		  "c.yaml:1:33: warning: upstreams.s.members[0].url: its port has no effect: SRV records say "
		  "theirs\n"
		  "c.yaml:1:33: warning: upstreams.s.members[0].url: the names of SRV records begin with service "
		  "and protocol: _http._tcp.example.org\n"
		  "c.yaml:1:69: warning: upstreams.s.members[0].weight: has no effect: SRV records say theirs\n"
		  "c.yaml:1:78: warning: upstreams.s.members[0].name: has no effect: those that DNS tells go by "
		  "their own\n" },
		{ "upstreams: {s: {members: [{url: \"http://_http._tcp.a\", follow: srv}]}}\n" LISTEN ROUTE SECRET,
		  "" },
		{ "upstreams: {s: {members: [{url: \"http://a\", follow: mx}]}}\n" LISTEN ROUTE SECRET,
		  "c.yaml:1:53: upstreams.s.members[0].follow: \"mx\" is none of off, addresses, srv\n" },
		{ "upstreams: {s: {members: [\"http://a\"], probe: {kind: http, path: health, host: \"a b\", "
		  "status: [200, 600, 5-4], timeout: 6s}}}\n" LISTEN ROUTE SECRET,
		  "c.yaml:1:66: upstreams.s.probe.path: must be a path, such as \"/health\"\n"
		  "c.yaml:1:80: upstreams.s.probe.host: must be a host name with or without a port\n"
		  "c.yaml:1:101: upstreams.s.probe.status[1]: \"600\" is no status: write 204, or 200-399\n"
		  "c.yaml:1:106: upstreams.s.probe.status[2]: \"5-4\" is no status: write 204, or 200-399\n"
		  "c.yaml:1:121: warning: upstreams.s.probe.timeout: is longer than the interval: a silent member "
		  "is probed that much more seldom\n" },
		{ "upstreams: {s: {members: [\"http://a\"], probe: {kind: tcp, path: /health}}}\n" LISTEN ROUTE SECRET,
		  "c.yaml:1:47: warning: upstreams.s.probe: path, host and status have no effect: a tcp probe asks "
		  "nothing\n" },
		{ "upstreams: {s: {members: [\"http://a\"], probe: {kind: http, path: /health, status: "
		  "[204]}}}\n" LISTEN ROUTE SECRET,
		  "" },
		{ "node: {name_servers: [\"127.0.0.1:8600\", \"::1\"]}\n" REST, "" },
		{ "node: {name_servers: [\"127.0.0.1\", \"dns.example\"]}\n" REST,
		  "c.yaml:1:36: node.name_servers[1]: \"dns.example\" is no name server: write 192.0.2.53, "
		  "127.0.0.1:8600 or [::1]:53\n" },
		{ "upstreams: {s: {members: [{url: \"http://a\", icp: 3130}]}}\n" LISTEN ROUTE SECRET,
		  "c.yaml:1:50: upstreams.s.members[0].icp: is for parents and siblings: an origin is no cache\n" },
		{ "upstreams: {s: {kind: parent, members: [{url: \"http://a\", icp: 3130, clear: true}]}}\n" LISTEN
		      ROUTE SECRET,
		  "c.yaml:1:77: upstreams.s.members[0].clear: needs htcp, the port where it is told so\n" },
		{ "upstreams: {s: {kind: sibling, members: [\"http://a\"]}}\n" LISTEN ROUTE SECRET,
		  "c.yaml:3:21: routes[0].upstream: is a group of siblings, who give what they hold and nothing else: "
		  "name it in a route's siblings\n" },
		{ "upstreams: {s: {members: [\"http://a\"], fallback: t}, t: {kind: sibling, members: "
		  "[\"http://b\"]}}\n" LISTEN ROUTE SECRET,
		  "c.yaml:1:50: upstreams.s.fallback: is a group of siblings, who give what they hold and nothing "
		  "else: name it in a route's siblings\n" },
		{ LISTEN ASK SECRET "routes: [{upstream: s, siblings: s}]\n",
		  "c.yaml:4:34: routes[0].siblings: must be a group of kind sibling\n" },
		{ "upstreams: {s: {members: [\"http://a\"], fallback: t}, t: {members: [\"http://b\"]}}\n" LISTEN ROUTE
		      SECRET,
		  "" },
		{ "upstreams: {s: {members: [\"http://a\"], fallback: site}, sit: {members: [\"http://b\"]}}\n" LISTEN
		      ROUTE SECRET,
		  "c.yaml:1:50: upstreams.s.fallback: no upstream is called \"site\"; did you mean \"sit\"?\n" },
		{ "upstreams: {s: {members: [\"http://a\"], fallback: s}}\n" LISTEN ROUTE SECRET,
		  "c.yaml:1:50: upstreams.s.fallback: goes round in a circle: s, then s again\n" },
		{ "upstreams:\n  s: {members: [\"http://a\"], fallback: t}\n  t: {members: [\"http://b\"], fallback: "
		  "u}\n"
		  "  u: {members: [\"http://c\"], fallback: t}\n" LISTEN ROUTE SECRET,
		  "c.yaml:3:40: upstreams.t.fallback: goes round in a circle: t, then u, then t again\n" },
		{ "upstreams: {s: {members: [\"http://a\"], fallback: direct}}\n" LISTEN ROUTE SECRET,
		  "c.yaml:1:50: upstreams.s.fallback: direct needs a listener of mode forward, both or intercept: "
		  "elsewhere no request says where to go\n" },
		{ "upstreams: {s: {members: [\"http://a\"], fallback: direct}}\n"
		  "listeners: [{address: \":80\", mode: both}]\n" ROUTE SECRET,
		  "" },
		{ "upstreams: {s: {members: [\"http://a\"], fallback: direct}}\n"
		  "listeners: [{address: \":80\", mode: intercept}]\n" ROUTE SECRET,
		  "" },
		{ "upstreams: {direct: {members: [\"http://a\"]}}\nroutes: [{upstream: direct}]\n" LISTEN SECRET,
		  "c.yaml:1:21: upstreams.direct: is what the host that a request names is called; take another\n"
		  "c.yaml:2:21: routes[0].upstream: direct needs a listener of mode forward, both or intercept: "
		  "elsewhere no request says where to go\n" },
		{ "upstreams: {s: {members: [\"http://a\"]}, \"a b\": {members: [\"http://a\"]}}\n" LISTEN ROUTE SECRET,
		  "c.yaml:1:48: upstreams.a b: \"a b\" is no name for a group: at most 64 letters, digits, dots, "
		  "dashes and "
		  "underscores, a letter or digit first\n" },
	};

	(void)state;
	RUN(rows);
}

static void
routes(void **state)
{
	static const struct row rows[] = {
		{ "routes: [{upstream: sit}]\nupstreams: {site: {members: [\"http://a\"]}}\n" LISTEN SECRET,
		  "c.yaml:1:21: routes[0].upstream: no upstream is called \"sit\"; did you mean \"site\"?\n" },
		{ "routes: [{host: a}, {upstream: s}]\n" LISTEN ASK SECRET,
		  "c.yaml:1:10: routes[0].upstream: must be given: the upstream group to ask\n" },
		{ "routes: [{upstream: nobody}]\n" LISTEN ASK SECRET,
		  "c.yaml:1:21: routes[0].upstream: no upstream is called \"nobody\"\n" },
		{ "routes: [{host: \"http://a\", upstream: s}, {host: \"a:80\", upstream: s}]\n" LISTEN ASK SECRET,
		  "c.yaml:1:17: routes[0].host: must be a host alone, such as \"www.example.org\" or "
		  "\"*.example.org\": no "
		  "scheme, no port, no path\n"
		  "c.yaml:1:50: routes[1].host: must be a host alone, such as \"www.example.org\" or "
		  "\"*.example.org\": no "
		  "scheme, no port, no path\n" },
		{ "routes: [{path: img, upstream: s}, {path: \"/a?b\", upstream: s}, {path: \"*.css\", upstream: "
		  "s}]\n" LISTEN ASK SECRET,
		  "c.yaml:1:17: routes[0].path: must begin with \"/\" or \"*\", without query, spaces or letters "
		  "beyond ASCII\n"
		  "c.yaml:1:43: routes[1].path: must begin with \"/\" or \"*\", without query, spaces or letters "
		  "beyond "
		  "ASCII\n" },
		{ "routes:\n  - {upstream: s}\n  - {host: a, upstream: s}\n" LISTEN ASK SECRET,
		  "c.yaml:3:5: warning: routes[1]: never reached: routes[0] comes first and takes everything\n" },
		{ "routes:\n  - {host: a, path: /x, upstream: s}\n  - {host: A, path: /x, upstream: s}\n" LISTEN ASK
		      SECRET,
		  "c.yaml:3:5: warning: routes[1]: never reached: routes[0] comes first and takes the same\n" },
		{ "routes: [{upstream: s, cache: {bypass: [\"cookie:a\", cookie, \"body:a\", \"field:\"]}}]\n" LISTEN
		      ASK SECRET,
		  "c.yaml:1:53: routes[0].cache.bypass[1]: must be \"cookie:NAME\", \"field:NAME\" or \"query:NAME\"\n"
		  "c.yaml:1:61: routes[0].cache.bypass[2]: must be \"cookie:NAME\", \"field:NAME\" or \"query:NAME\"\n"
		  "c.yaml:1:71: routes[0].cache.bypass[3]: must be \"cookie:NAME\", \"field:NAME\" or "
		  "\"query:NAME\"\n" },
		{ "routes: [{upstream: s, cache: {key_fields: [X-A, \"a b\"]}}]\n" LISTEN ASK SECRET,
		  "c.yaml:1:50: routes[0].cache.key_fields[1]: must be the name of a field\n" },
		{ "routes: [{upstream: s, request_fields: {set: [\"Host: a\", x], add: [\"A b: c\"]}}]\n" LISTEN ASK
		      SECRET,
		  "c.yaml:1:47: routes[0].request_fields.set[0]: \"Host\" cannot be changed: the node itself depends "
		  "on it\n"
		  "c.yaml:1:58: routes[0].request_fields.set[1]: must be \"Name: value\"\n"
		  "c.yaml:1:68: routes[0].request_fields.add[0]: \"A b\" is no name of a field\n" },
		{ "routes: [{upstream: s, response_fields: {remove: [Server, Content-Length, Connection]}}]\n" LISTEN
		      ASK SECRET,
		  "c.yaml:1:59: routes[0].response_fields.remove[1]: \"Content-Length\" cannot be changed: the node "
		  "itself "
		  "depends on it\n"
		  "c.yaml:1:75: routes[0].response_fields.remove[2]: \"Connection\" cannot be changed: the node itself "
		  "depends on "
		  "it\n" },
	};

	(void)state;
	RUN(rows);
}

#define WORDS ", or loopback, private or link-local"
#define PORT  "a port, a number from 1 to 65535, or a run of them, such as 8000-8999"

static void
other_sections(void **state)
{
	static const struct row rows[] = {
		{ "node: {name: n-0123abcd}\n" REST,
		  "c.yaml:1:14: node.name: \"n-0123abcd\" is no name for a node: letters, digits, dots, dashes and "
		  "underscores, a letter or digit first, and not n- with 8 hex digits, which is how opaque names "
		  "look\n" },
		{ "purge: {allow: [10.0.0.0/33, 10.0.0.0/8, a]}\n" REST,
		  "c.yaml:1:17: purge.allow[0]: \"10.0.0.0/33\" is no network: write 10.0.0.0/8, 192.0.2.7, fd00::/8 "
		  "or ::1" WORDS "\n"
		  "c.yaml:1:42: purge.allow[2]: \"a\" is no network: write 10.0.0.0/8, 192.0.2.7, fd00::/8 or ::1" WORDS
		  "\n" },
		{ "neighbours: {icp: 3130, clear: [a]}\n" REST,
		  "c.yaml:1:19: neighbours.icp: \"3130\" is no address: write \"127.0.0.1:8080\", \":8080\" or "
		  "\"[::1]:8080\"\n"
		  "c.yaml:1:33: neighbours.clear[0]: \"a\" is no network: write 10.0.0.0/8, 192.0.2.7, fd00::/8 "
		  "or ::1" WORDS "\n" },
		{ "neighbours: {icp: \":3130\", htcp: \"127.0.0.1:3130\"}\n" REST,
		  "c.yaml:1:34: neighbours.htcp: has the port of neighbours.icp\n" },
		{ "forwarding: {connect_ports: [443, http, 0, 65536]}\n" REST,
		  "c.yaml:1:35: forwarding.connect_ports[1]: must be " PORT "\n"
		  "c.yaml:1:41: forwarding.connect_ports[2]: must be " PORT "\n"
		  "c.yaml:1:44: forwarding.connect_ports[3]: must be " PORT "\n" },
		{ "pac: {proxy: proxy.example, direct: [\"http://a\", .a.example, 10.0.0.0/8, private], file: none}\n" REST,
		  "c.yaml:1:14: pac.proxy: must be a host and a port, such as proxy.example.org:3128\n"
		  "c.yaml:1:38: pac.direct[0]: must be a host, such as \".example.org\", or a network\n"
		  "c.yaml:1:90: pac.file: cannot be read: No such file or directory\n" },
		{ "timeouts: {password: 1ms}\n" REST,
		  "c.yaml:1:22: timeouts.password: \"1ms\" is out of bounds: at least 100ms, at most 10m\n" },
		{ "limits: {head: 1M, target: 1M}\n" REST,
		  "c.yaml:1:9: limits.arena: must be at least twice limits.head and limits.upstream_head\n" },
		{ "trail:\n" LISTEN ASK ROUTE, "c.yaml:1:7: warning: trail.secret: not set, so this node's opaque name "
					       "is its own: the fleet's nodes agree on "
					       "names only if all have one secret\n" },
		{ "trail: {names: plain}\n" LISTEN ASK ROUTE, "" },
		{ "logs: [{}, {file: off}, {file: off}, {file: \"-\", format: squid}]\n" REST,
		  "c.yaml:1:45: logs[3].file: logs[0] is written there already\n" },
		{ "logs: [{format: josn}]\n" REST,
		  "c.yaml:1:17: logs[0].format: \"josn\" is none of json, combined, squid; did you mean \"json\"?\n" },
	};

	(void)state;
	RUN(rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(listeners),
		TEST(upstreams),
		TEST(routes),
		TEST(other_sections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
