// Adds the filter; everything else on the page is there without it. What it shows is text that the page has already: it
// is put into text nodes and values, never into markup.
(() => {
	"use strict";
	const form = document.getElementById("filter");
	const told = form.querySelector("output");
	const list = document.getElementById("entries");
	const entries = Array.from(list.children, item => ({
		item,
		by: item.dataset.by,
		host: item.dataset.host,
		why: item.dataset.why,
		text: null,
	}));
	const fields = ["by", "host", "why"];

	// A choice for each value that occurs, the most frequent first.
	function offer(field) {
		const counts = new Map();
		for (const entry of entries)
			if (entry[field])
				counts.set(entry[field], (counts.get(entry[field]) || 0) + 1);
		const select = form.elements[field];
		for (const [value, count] of [...counts].sort((a, b) => b[1] - a[1])) {
			const option = document.createElement("option");
			option.value = value;
			option.textContent = `${value.length > 70 ? value.slice(0, 70) + "…" : value} (${count})`;
			select.append(option);
		}
		select.parentElement.hidden = counts.size === 0;
	}

	// Taken when it is first looked for: a large page has a lot of text.
	function textOf(entry) {
		entry.text ??= entry.item.textContent.toLowerCase();
		return entry.text;
	}

	function apply() {
		const text = form.elements.text.value.trim().toLowerCase();
		let shown = 0;
		for (const entry of entries) {
			const fits = fields.every(field => !form.elements[field].value || entry[field] === form.elements[field].value) &&
				(text === "" || textOf(entry).includes(text));
			entry.item.hidden = !fits;
			shown += fits;
		}
		told.value = shown === entries.length ? "" : `${shown} of ${entries.length} shown`;
	}

	// #e12: the entry that a link names is opened.
	function openNamed() {
		const named = document.getElementById(location.hash.slice(1));
		const details = named && named.querySelector("details");
		if (!details)
			return;
		named.hidden = false;
		details.open = true;
		details.querySelector("summary").focus();
	}

	fields.forEach(offer);
	form.addEventListener("input", apply);
	form.addEventListener("reset", () => setTimeout(apply));
	form.addEventListener("submit", event => event.preventDefault());
	form.elements.open.addEventListener("click", event => {
		const open = event.target.dataset.done === undefined;
		for (const entry of entries)
			if (!entry.item.hidden)
				entry.item.firstElementChild.open = open;
		if (open)
			event.target.dataset.done = "";
		else
			delete event.target.dataset.done;
		event.target.textContent = open ? "Close all" : "Open all";
	});
	addEventListener("hashchange", openNamed);
	form.hidden = entries.length < 2;
	openNamed();
})();
