/* HAR files, in the shapes in which browsers and other programs write them. Each is read in pieces of several sizes. */
#include "told.h"

/* A text of rows is written with ' for ", to be legible. */
static struct str
quoted(const char *text)
{
	struct str s = arena_str(arena, str_c(text));

	for (char *p = (char *)s.p; *p != '\0'; p++)
		*p = *p == '\'' ? '"' : *p;
	return s;
}

static void
play(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		told_is(quoted(rows[i].in), rows[i].want, arena);
}

#define PLAY(rows) play((rows), sizeof(rows) / sizeof *(rows))

#define LOG(creator, entries) "{'log':{'version':'1.2','creator':{'name':'" creator "','version':'1'},'pages':[],'entries':[" entries "]}}"

static void
chrome(void **state)
{
	static const struct row rows[] = {
		/* From the network, with all that Chrome writes beside it. */
		{ LOG("WebInspector",
		      "{'_connectionId':'30','_initiator':{'type':'parser','stack':{'callFrames':[{'a':1}],'parent':{'callFrames':[]}}},"
		      "'_priority':'VeryHigh','_resourceType':'document','cache':{},'connection':'443','pageref':'page_1',"
		      "'request':{'method':'GET','url':'https://a.example/x','httpVersion':'http/2.0','headers':["
		      "{'name':':authority','value':'a.example'},{'name':':method','value':'GET'},{'name':':path','value':'/x'},"
		      "{'name':'cache-control','value':'max-age=0'}],'queryString':[{'name':'q','value':'1'}],"
		      "'cookies':[],'headersSize':-1,'bodySize':0},"
		      "'response':{'status':200,'statusText':'','httpVersion':'http/2.0','headers':["
		      "{'name':'age','value':'12'},{'name':'x-cache','value':'HIT'}],'cookies':[{'name':'s','value':'1'}],"
		      "'content':{'size':648,'mimeType':'text/html','text':'<p>'},'redirectURL':'','headersSize':-1,'bodySize':-1,"
		      "'_transferSize':970,'_error':null,'_fetchedViaServiceWorker':false},"
		      "'serverIPAddress':'192.0.2.7','startedDateTime':'2024-05-01T12:00:00.123Z','time':25.5,"
		      "'timings':{'blocked':1.25,'dns':-1,'ssl':3,'connect':4,'send':0.5,'wait':10,'receive':9.75,"
		      "'_blocked_queueing':1}}"),
		  "entry 1: method=GET url=https://a.example/x > Host=a.example cache-control=max-age=0 < 200 age=12 x-cache=HIT"
		  " ip=192.0.2.7 started=1714564800123 came=1714564800138 wait=15750 all=25500 wire=970 body=648\n" },
		/* Its memory, its disk, a 304. */
		{ LOG("WebInspector",
		      "{'_fromCache':'memory','request':{'url':'https://a.example/m'},'response':{'status':200,'headers':["
		      "{'name':'x-cache','value':'MISS'}],'bodySize':0,'_transferSize':0,'content':{'size':5}},'serverIPAddress':''},"
		      "{'_fromCache':'disk','request':{'url':'https://a.example/d'},'response':{'status':200,'headers':[],"
		      "'_transferSize':0}},"
		      "{'request':{'url':'https://a.example/v'},'response':{'status':304,'headers':[],'_transferSize':90}}"),
		  "entry 1: url=https://a.example/m < 200 x-cache=MISS memory wire=0 body=5\n"
		  "entry 2: url=https://a.example/d < 200 disk wire=0\n"
		  "entry 3: url=https://a.example/v < 304 validated wire=90\n" },
		/* The service worker, and where it had it from. */
		{ LOG("WebInspector",
		      "{'response':{'status':200,'_fetchedViaServiceWorker':true,'_serviceWorkerResponseSource':'cache-storage'}},"
		      "{'response':{'status':200,'_fetchedViaServiceWorker':true,'_serviceWorkerResponseSource':'http-cache'}},"
		      "{'response':{'status':200,'_fetchedViaServiceWorker':true,'_serviceWorkerResponseSource':'network'}},"
		      "{'response':{'status':200,'_fetchedViaServiceWorker':true,'_serviceWorkerResponseSource':'fallback-code'}},"
		      "{'response':{'status':200,'_fetchedViaServiceWorker':true}}"),
		  "entry 1: < 200 worker:storage\nentry 2: < 200 worker:http\nentry 3: < 200 worker:network\n"
		  "entry 4: < 200 worker:made-up\nentry 5: < 200 worker\n" },
		/* Puppeteer's, where lines of one name are joined; a blocked request has no response. */
		{ LOG("chrome-har",
		      "{'cache':{'beforeRequest':{'lastAccess':'2024-05-01T12:00:00.123Z','eTag':'','hitCount':0}},"
		      "'response':{'status':200,'headers':[{'name':'set-cookie','value':'a=1\\nb=2'}],'_transferSize':0}},"
		      "{'request':{'method':'GET','url':'https://ads.example/'},'response':{'status':0,'headers':[],"
		      "'_error':'net::ERR_BLOCKED_BY_CLIENT'}}"),
		  "entry 1: < 200 set-cookie=a=1 set-cookie=b=2 cache wire=0\n"
		  "entry 2: method=GET url=https://ads.example/ > < 0\n" },
		/* What is given out in the page itself is not printed whole. */
		{ LOG("WebInspector", "{'request':{'url':'data:image/png;base64,AAAAAA'},'response':{'status':200}}"),
		  "entry 1: url=data:image/png;base64, < 200\n" },
	};

	(void)state;
	PLAY(rows);
}

static void
firefox(void **state)
{
	static const struct row rows[] = {
		/* From the network; a 304, of which it knows how often its copy was used; and from its cache, which it does not say. */
		{ LOG("Firefox",
		      "{'startedDateTime':'2024-05-01T14:00:00.000+02:00','request':{'bodySize':0,'method':'GET',"
		      "'url':'https://a.example/x','httpVersion':'HTTP/2','headers':[{'name':'Host','value':'a.example'}],"
		      "'headersSize':400},'response':{'status':200,'statusText':'','httpVersion':'HTTP/2','headers':["
		      "{'name':'age','value':'1'}],'content':{'mimeType':'text/html','size':300},'redirectURL':'',"
		      "'headersSize':100,'bodySize':250},'cache':{},'timings':{'blocked':0,'dns':0,'connect':0,'ssl':0,'send':0,"
		      "'wait':20,'receive':1},'time':21,'_securityState':'secure','serverIPAddress':'192.0.2.7','connection':'443'},"
		      "{'startedDateTime':'2024-05-01T14:00:00.000+02:00','request':{'url':'https://a.example/v'},'response':{"
		      "'status':304,'headers':[],'content':{'size':300},'bodySize':0},'cache':{'afterRequest':{'expires':"
		      "'2024-05-02T00:00:00.000Z','lastFetched':'2024-05-01T00:00:00.000Z','fetchCount':4,'_dataSize':300,"
		      "'_lastModified':null,'_device':null}},'timings':{'wait':20},'time':20,'serverIPAddress':'192.0.2.7'},"
		      "{'request':{'url':'https://a.example/c'},'response':{'status':200,'headers':[],'content':{'size':300},"
		      "'headersSize':100,'bodySize':0},'cache':{},'timings':{'blocked':0,'dns':0,'connect':0,'ssl':0,'send':0,"
		      "'wait':0,'receive':0},'time':0}"),
		  "entry 1: method=GET url=https://a.example/x > Host=a.example < 200 age=1 ip=192.0.2.7 started=1714564800000"
		  " came=1714564800020 wait=20000 all=21000 wire=350 body=300\n"
		  "entry 2: url=https://a.example/v < 304 ip=192.0.2.7 validated hits=4 started=1714564800000"
		  " came=1714564800020 wait=20000 all=20000 wire=0 body=300\n"
		  "entry 3: url=https://a.example/c < 200 cache wait=0 all=0 wire=100 body=300\n" },
		/* The heads of its panel, copied. */
		{ "{'Response Headers (508 B)':{'headers':[{'name':'age','value':'1'},{'name':'x-cache','value':'HIT'}]},"
		  "'Request Headers (400 B)':{'headers':[{'name':'Host','value':'a.example'}]}}",
		  "entry 1: > Host=a.example < 0 age=1 x-cache=HIT\n" },
		/* Firebug's, whose cache entry means that the response came from there. */
		{ LOG("Firebug",
		      "{'startedDateTime':'2010-01-02T15:38:46.686+01:00','response':{'status':200,'headers':[],'bodySize':300},"
		      "'cache':{'afterRequest':{'expires':'2010-01-03T00:00:00.000Z','lastAccess':'2010-01-02T00:00:00.000Z',"
		      "'eTag':'','hitCount':7}}}"),
		  "entry 1: < 200 cache hits=7 started=1262443126686 came=1262443126686 wire=300\n" },
	};

	(void)state;
	PLAY(rows);
}

static void
others(void **state)
{
	static const struct row rows[] = {
		/* Safari */
		{ LOG("WebKit Web Inspector",
		      "{'_fetchType':'Network Load','response':{'status':200}},{'_fetchType':'Memory Cache','response':{'status':200}},"
		      "{'_fetchType':'Disk Cache','response':{'status':200}},{'_fetchType':'Service Worker','response':{'status':200}}"),
		  "entry 1: < 200\nentry 2: < 200 memory\nentry 3: < 200 disk\nentry 4: < 200 worker\n" },
		/* Playwright; a proxy, to which a browser's caches are not visible. */
		{ LOG("Playwright", "{'cache':{},'response':{'status':200,'_transferSize':0,'bodySize':0}},{'response':{'status':-1}}"),
		  "entry 1: < 200 wire=0\nentry 2: < 0\n" },
		{ LOG("Charles Proxy", "{'cache':{},'response':{'status':304,'headers':[],'bodySize':0,'headersSize':90}}"),
		  "entry 1: < 304 validated wire=90\n" },
		/* Interim responses, and a tunnel. */
		{ LOG("x", "{'request':{'method':'CONNECT','url':'a:443'},'response':{'status':200}},{'response':{'status':103}},"
		           "{'response':{'status':204}}"),
		  "entry 3: < 204\n" },
		/* Entries without a log around them, one alone, several files in a row. */
		{ "{'entries':[{'response':{'status':200}}]}", "entry 1: < 200\n" },
		{ "[{'response':{'status':200}},{'response':{'status':404}}]", "entry 1: < 200\nentry 2: < 404\n" },
		{ "{'request':{'url':'http://a/'},'response':{'status':200,'headers':[{'name':'age','value':'1'}]}}",
		  "entry 1: url=http://a/ < 200 age=1\n" },
		{ LOG("x", "{'response':{'status':200}}") "\n" LOG("x", "{'response':{'status':404}}"),
		  "entry 1: < 200\nentry 2: < 404\n" },
	};

	(void)state;
	PLAY(rows);
}

/* Nothing of this is told, but for what is wrong with the file itself. */
static void
odd_values(void **state)
{
	static const struct row rows[] = {
		{ LOG("x", "{'request':null,'response':{'status':null,'headers':null,'content':7,'bodySize':'x'},'time':{},"
		           "'timings':[],'cache':null,'startedDateTime':5}"),
		  "entry 1: < 0\n" },
		{ LOG("x", "7,null,'text',[],{'response':{'status':'200','_transferSize':-197,'headers':[7,null,'x',{'name':null,"
		           "'value':'x'},{'name':'age'},{'value':'x'},{'name':'via','value':5}]}}"),
		  "entry 1: < 0\nentry 2: < 200 age= via=5\n" },
		{ LOG("x", "{'response':{'status':1e99,'headers':[]},'time':1e400,'startedDateTime':'yesterday'},"
		           "{'response':{'status':12}},{'response':{'status':200.4}}"),
		  "entry 1: < 0\nentry 2: < 0\nentry 3: < 200\n" },
		/* The last of two counts. */
		{ LOG("x", "{'response':{'status':500,'headers':[{'name':'age','value':'1'}]},'response':{'status':200,'headers':["
		           "{'name':'age','value':'2'}]}}"),
		  "entry 1: < 200 age=2\n" },
		{ LOG("x", "{'response':{'status':200,'headers':[{'name':'access-control-allow-origin','value':'null'}]}}"),
		  "entry 1: < 200 access-control-allow-origin=null\n" },
		{ LOG("x", "{'response':{'status':200,'headers':[{'name':'x','value':'\\u20ac\\ud83c\\udf6a\\u0041'}]}}"),
		  "entry 1: < 200 x=\xe2\x82\xac\xf0\x9f\x8d\xaa" "A\n" },
	};

	(void)state;
	PLAY(rows);
}

static void
bad_files(void **state)
{
	static const struct row rows[] = {
		/* Cut short: all whole entries. */
		{ "{'log':{'entries':[{'response':{'status':200}},\n{'response':{'status':404,'hea",
		  "entry 1: < 200\n! entry 2, line 2, byte 78: it ends in the middle\n" },
		{ "{'log':{'entries':[{'response':{'status':200}}]", "entry 1: < 200\n! entry 1, byte 47: it ends in the middle\n" },
		{ "{'log'", "! byte 6: it ends in the middle\n" },
		/* Not JSON, JSON that is no HAR. */
		{ "{'log':{'entries':[{'response':{'status':200}},\n{nonsense}]}}",
		  "entry 1: < 200\n! entry 2, line 2, byte 49: not JSON: lexical error: invalid string in json text\n" },
		{ "{'a':1}", "! byte 7: JSON without the entries of a HAR\n" },
		{ "[]", "! byte 2: JSON without the entries of a HAR\n" },
		{ LOG("x", ""), "! byte 86: JSON without the entries of a HAR\n" },
		{ LOG("x", "{'response':{'status':200,'headers':[{'name':'server','value':'caf\xe9'}]}}"),
		  "! entry 1, byte 152: a field that is not UTF-8; read as it stands\nentry 1: < 200 server=caf\xe9\n" },
		{ LOG("x", "{'response':{'status':200,'headers':[{'name':'caf\xe9','value':'server'}]}}"),
		  "! entry 1, byte 152: a field that is not UTF-8; read as it stands\nentry 1: < 200 caf\xe9=server\n" },
	};

	(void)state;
	PLAY(rows);
}

/* However deep it is nested, the entries before it are told, and memory is bounded. */
static void
bombs(void **state)
{
	static const char *const bricks[] = { "[", "{'a':" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct strbuf b = strbuf_in(arena, 1 << 20);
		struct told told;
		struct str text;

		strbuf_add(&b, quoted("{'log':{'entries':[{'response':{'status':200}},{'_x':"));
		for (unsigned n = 0; n < 100000; n++)
			strbuf_add(&b, quoted(bricks[i]));
		told = told_of(strbuf_str(&b), 4096, arena);
		text = strbuf_str(&told.text);
		assert_true(str_starts(text, STR("entry 1: < 200\n! entry 2, byte ")));
		assert_true(str_ends(text, STR(": nested too deep\n")));
	}
}

/* Bodies of any length are passed over; a field that is too long is left out, and said to be. */
static void
long_texts(void **state)
{
	static char in[2 << 20];
	struct strbuf b = strbuf_fixed(in, sizeof in);

	(void)state;
	strbuf_add(&b, quoted("{'log':{'entries':[{'response':{'content':{'text':'\\\\"));
	while (b.n < 1 << 20)
		strbuf_lit(&b, "\\\"\\u20ac\\\\ text \xe2\x82\xac ");
	strbuf_add(&b, quoted("','size':7},'status':200,'headers':[{'name':'x-long','value':'"));
	for (unsigned n = 0; n < 65536; n++)
		strbuf_char(&b, 'a');
	strbuf_add(&b, quoted("'},{'name':'x-some','value':'"));
	for (unsigned n = 0; n < 60000; n++)
		strbuf_char(&b, 'a');
	strbuf_add(&b, quoted("'}]},'time':1"));
	for (unsigned n = 0; n < 100000; n++)
		strbuf_char(&b, '0');
	strbuf_add(&b, quoted("},{'response':{'status':404}}]}}"));
	assert_false(b.over);
	for (size_t step = 1000; step < 1 << 22; step *= 16) {
		struct told told = told_of(strbuf_str(&b), step, arena);
		struct str text = strbuf_str(&told.text);

		assert_true(str_starts(text, STR("! entry 1, byte ")));
		assert_true(str_ends(text, STR(": a field of 64 KiB or more, which is left out\n"
		                               "entry 1: < 200 x-some=(60000 bytes) body=7\nentry 2: < 404\n")));
	}
}

/* With a mark, in UTF-16, with white space before: it is known by its first bytes all the same. */
static void
codings(void **state)
{
	static const char har[] = "\n {\"log\":{\"entries\":[{\"response\":{\"status\":200,\"statusText\":\"\"}}]}}";
	static const char head[] = "HTTP/1.1 200 OK\r\nAge: 1\r\nX-Some: \xe2\x82\xac\xf0\x9f\x8d\xaa\r\n\r\n";
	static const char wide[] = "\xff\xfeH\0T\0T\0P\0/\0\x32\0 \0\x32\0\x30\0\x30\0\r\0\n\0A\0g\0e\0:\0\x31\0\n\0X\0:\0\xac\x20\x3c\xd8\x6a\xdf";
	static const char big[] = "\xfe\xff\0H\0T\0T\0P\0/\0\x32\0 \0\x32\0\x30\0\x30\0\n\0A\0:\0\x31\xdf";

	(void)state;
	told_is(str_of(har, sizeof har - 1), "entry 1: < 200\n", arena);
	told_is(arena_printf(arena, "\xef\xbb\xbf%s", har), "entry 1: < 200\n", arena);
	told_is(arena_printf(arena, "\xef\xbb\xbf%s", head), "line 1: < 200 Age=1 X-Some=\xe2\x82\xac\xf0\x9f\x8d\xaa\n", arena);
	told_is(str_of(wide, sizeof wide - 1), "line 1: < 200 Age=1 X=\xe2\x82\xac\xf0\x9f\x8d\xaa\n", arena);
	told_is(str_of(big, sizeof big - 1), "line 1: < 200 A=1\n", arena);
	told_is(STR("\xff\xfe"), "! line 1: it is empty\n", arena);
	told_is(STR("{ [5 bytes data]\n< HTTP/1.1 200 OK\n< Age: 1\n"), "line 2: < 200 Age=1\n", arena);
	told_is(STR("{"), "! line 1: no response headers from here to the end\n", arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chrome),     cmocka_unit_test(firefox),   cmocka_unit_test(others),
		cmocka_unit_test(odd_values), cmocka_unit_test(bad_files), cmocka_unit_test(bombs),
		cmocka_unit_test(long_texts), cmocka_unit_test(codings),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
