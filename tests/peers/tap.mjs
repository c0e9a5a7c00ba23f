// SPDX-License-Identifier: MIT
// A reporter for node:test: TAP as our other tests print it, what went wrong in front of `not ok`.
function comment(text) {
	return text.replace(/^/gm, '# ') + '\n';
}

export default async function* tap(source) {
	let n = 0;
	for await (const { type, data } of source) {
		if (type !== 'test:pass' && type !== 'test:fail') continue;
		const passed = type === 'test:pass';
		const error = data.details.error?.cause ?? data.details.error;
		if (!passed) yield comment(String(error?.stack ?? error));
		yield `${passed ? 'ok' : 'not ok'} ${++n} - ${data.name}\n`;
	}
	yield `1..${n}\n`;
}
