#!/bin/sh
while read -r line; do
	case $line in
	*/fresh/elsewhere*) echo ERR ;;
	*) echo 'OK status=302 url="http://127.0.0.1:@port@/fresh/elsewhere"' ;;
	esac
done
