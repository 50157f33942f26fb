#!/bin/sh
while read -r line; do
	echo 'OK status=302 url="http://elsewhere.example/"'
done
