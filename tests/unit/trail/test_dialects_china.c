/* CDNs of China, which name a node for each tier. */
#include "dialects.h"

static const struct row rows[] = {
	{ "two tiers of Alibaba's",
	  "Server: Tengine\n"
	  "Via: cache33.l2cn2644[21,21,200-0,M], cache21.l2cn2644[22,0], kunlun2.cn1159[26,26,200-0,M], "
	  "kunlun5.cn1159[27,0]\n"
	  "X-Cache: MISS TCP_MISS dirn:-2:-2\n"
	  "X-Swift-SaveTime: Sat, 01 Jun 2019 12:55:02 GMT\n"
	  "X-Swift-CacheTime: 0\n"
	  "EagleId: xx\n",
	  "kunlun2.cn1159 alibaba miss/miss\n"
	  "cache33.l2cn2644 alibaba miss/miss" },
	{ "Alibaba without a verdict",
	  "Via: cache13.l2nu16-1[36,0], cache3.cn1157[37,0]\n"
	  "EagleId: 12\n",
	  "cache3.cn1157 alibaba -/-\n"
	  "cache13.l2nu16-1 alibaba -/-" },
	{ "Alibaba in Via alone",
	  "Via: cache12.l2cm12[98,200-0,H], cache14.l2cm12[101,0], cache32.cn1[0,200-0,H], cache15.cn1[1,0]\n",
	  "cache32.cn1 alibaba hit/hit\n"
	  "cache12.l2cm12 alibaba hit/hit frozen" },
	{ "Alibaba's edge has changed",
	  "Via: ens-cache12.l2de3[0,0,200-0,H], ens-cache4.l2de3[1,0], "
	  "ens-cache1.de6[7,6,200-0,M],ens-cache3.de6[9,0]\n"
	  "X-Cache: MISS TCP_REFRESH_MISS dirn:1:1\n",
	  "ens-cache1.de6 alibaba stale/miss\n"
	  "ens-cache12.l2de3 alibaba hit/hit" },
	{ "Tencent from memory",
	  "X-Cache-Lookup: Hit From MemCache\n"
	  "X-NWS-LOG-UUID: 1\n"
	  "Server: NWS_SPmid\n",
	  "- tencent hit/hit" },
	{ "Tencent asked upstream",
	  "X-Cache-Lookup: Hit From Upstream\n"
	  "X-Cache-Lookup: Hit From Inner Cluster\n"
	  "x-nws-log-uuid: a\n",
	  "- tencent miss/miss\n"
	  "- tencent miss/miss" },
	{ "Tencent validated", "X-Cache-Lookup: Cache RefreshHit\n", "- tencent stale/revalidated" },
	{ "EdgeOne validated",
	  "EO-Cache-Status: RefreshHit\n"
	  "EO-LOG-UUID: 1\n"
	  "Server: TencentEdgeOne\n",
	  "- tencent stale/revalidated" },
	{ "EdgeOne tells it twice",
	  "EO-Cache-Status: MISS\n"
	  "X-Cache-Lookup: Cache Miss\n"
	  "nel: x\n",
	  "- tencent miss/miss" },
	{ "Huawei asked its parent",
	  "via: "
	  "CHN-JSnanjing-AREACT4-CACHE35[76],CHN-JSnanjing-AREACT4-CACHE30[0,TCP_MISS,75],CHN-SH-GLOBAL1-CACHE114[67],"
	  "CHN-SH-GLOBAL1-CACHE30[63,TCP_MISS,66]\n"
	  "x-hcs-proxy-type: 0\n"
	  "X-CCDN-Origin-Time: 63\n",
	  "CHN-JSnanjing-AREACT4-CACHE30 huawei miss/miss\n"
	  "CHN-SH-GLOBAL1-CACHE30 huawei miss/miss" },
	{ "Huawei without Via", "x-hcs-proxy-type: 1\n", "- huawei hit/hit" },
	{ "Huawei with a sentence of Tencent's",
	  "x-hcs-proxy-type: 1\n"
	  "X-Cache-Lookup: Hit From Upstream\n",
	  "- huawei hit/hit" },
	{ "Kingsoft",
	  "X-Cache-Status: MISS from KS-CLOUD-JH-MP-01-03\n"
	  "X-Cache-Status: HIT from KS-CLOUD-TJ-UN-14-13\n"
	  "x-link-via: tjun14:443;jhmp01:80;\n",
	  "KS-CLOUD-TJ-UN-14-13 kingsoft hit/hit\n"
	  "KS-CLOUD-JH-MP-01-03 kingsoft miss/miss from=KS-CLOUD-JH-MP-01-03 frozen" },
	{ "ByteDance's edge hit",
	  "via: cache19.sxtydx, cache12.bj\n"
	  "X-Bdcdn-Cache-Status: TCP_MISS,TCP_HIT\n"
	  "X-Response-Cache: edge_hit\n",
	  "cache12.bj bytedance hit/hit\n"
	  "cache19.sxtydx bytedance miss/miss frozen" },
	{ "ByteDance in one word", "X-Response-Cache: parent_hit\n",
	  "- bytedance miss/miss\n"
	  "- bytedance hit/hit" },
	{ "Wangsu with a verdict",
	  "X-Via: 1.1 PSjx:1 (Cdn Cache Server V2.0), 1.1 zhouwt18:6 (Cdn Cache Server V2.0)[0 200 0]\n"
	  "X-Cache: HIT from zhouwt18\n"
	  "X-Ws-Request-Id: 5e\n",
	  "zhouwt18 wangsu hit/hit\n"
	  "PSjx wangsu -/- frozen" },
	{ "Qiniu validated",
	  "X-M-Log: QNM:xs455;QNM3\n"
	  "X-Qnm-Cache: Validate,MissV\n"
	  "Server: openresty\n",
	  "xs455 qiniu stale/revalidated" },
};

int
main(void)
{
	return run_rows("china", rows, sizeof rows / sizeof *rows);
}
