#!/bin/bash
# The page in a real Chromium, fed by a simulated contact centre through a real PostgreSQL: it shows what the API says,
# moves without a reload, leads to the closed days, knows tenants, draws no outside address, and tells when it is not
# connected.  Screenshots of each view, light and dark, wide and narrow, are left beside the logs.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../support/browser.sh"
also_at_exit browser_stop

shots=${LOGS:-$scratch}
pg_start "$scratch" || fail "PostgreSQL"
port=$(free_port)
"$SEATMETER" simulate --dsn "$PG_DSN" --create --agents 2000 --tenants 3 --days 1 --seed "$SEED" >"$scratch/simulator.log" 2>&1 &
simulator=$!
settings_write "$scratch/settings.yaml" "$port" "$scratch/store"
server_start "$scratch/settings.yaml" "$port"
in_use() { [ "$(api "$port" /api/v1/now | jq '[.rows[] | select(.item == "inbound-voice") | .level] | add // 0')" -gt 0 ]; }
wait_for 120 "seats in use" in_use || { cat "$scratch/simulator.log"; fail "nothing came"; }

browser_start || { cat "$scratch/browser.log"; fail "the browser"; }
browser_size 1440 1000
browser_open "http://localhost:$port/#now?theme=light" || fail "the page"

# shown WHAT EXPRESSION [SECONDS]
shown() { wait_for "${3:-30}" "$1" browser_true "$2" || { browser_js "document.body.innerText" | head -n 40; fail "$1"; } && note "$1"; }
shot() { browser_shot "$shots/page-$1.png" || fail "screenshot $1"; }

note "Now"
shown "the stream is live" "document.documentElement.dataset.state === 'live'"
shown "25 items have a tile" "document.querySelectorAll('#tiles li').length === 25"
# Both move, so they are looked at until one look agrees.
shown "each tile says what the API says" "(async () => {
    const now = await (await fetch('/api/v1/now')).json(), text = code => document.querySelector('[data-code=\"' + code + '\"] .lv').textContent;
    // what is counted as enabled has no level; its number is that of the usage rows
    return now.rows.every(row => row.level === null && row.seen_until === null ? /^([0-9,.]+|unknown)$/.test(text(row.item))
        : text(row.item) === (row.level === null ? 'unknown' : row.level.toLocaleString('en-GB')));
})()" 60
shown "the day so far is drawn" "document.querySelector('[data-code=\"inbound-voice\"] .c-level').getAttribute('d').length > 100"
shown "the source above is heard" "document.querySelector('#sources li.good svg') && document.querySelector('#sources').textContent.includes('icon-a')"
shot now-light

note "it moves"
browser_js "window.seen = 0; window.sameLoad = true;
    new MutationObserver(list => window.seen += list.length).observe(document.querySelector('#tiles'), {subtree: true, characterData: true, childList: true}); 0" >/dev/null
shown "a number changed in place" "window.seen > 0 && window.sameLoad" 180

note "nothing from outside, within 150 kB"
browser_js "performance.getEntriesByType('resource').map(entry => entry.name).filter(name => new URL(name).host !== location.host).join()" >"$scratch/outside"
[ -z "$(tr -d '\n' <"$scratch/outside")" ] || fail "asked outside: $(cat "$scratch/outside")"
bytes=$(browser_js "performance.getEntriesByType('resource').filter(entry => /[.](js|css)$/.test(entry.name)).reduce((sum, entry) => sum + entry.decodedBodySize, 0)")
[ "$bytes" -gt 10000 ] && [ "$bytes" -le 153600 ] || fail "script and style have $bytes bytes"
note "script and style: $bytes bytes"

note "keys"
browser_key t
shown "t shows the table" "!document.querySelector('.sheet').hidden && document.querySelectorAll('.sheet tbody tr').length === 25 && document.querySelector('#tiles').hidden"
shot table-light
browser_key t
shown "t shows the tiles again" "!document.querySelector('#tiles').hidden"
browser_key /
shown "/ opens the tenants" "document.querySelector('#picker').open && document.querySelectorAll('#picker-list li').length >= 4"
browser_js "document.querySelector('#picker').close(); 0" >/dev/null

note "dark and narrow"
browser_js "document.documentElement.dataset.theme = 'dark'; 0" >/dev/null
shot now-dark
browser_size 400 900
shown "nothing stands over the edge" "document.documentElement.scrollWidth <= 400"
shot now-narrow
browser_size 1440 1000

note "a tenant"
tenant=$(api "$port" /api/v1/tenants | jq '.tenants[0].id') name=$(api "$port" /api/v1/tenants | jq -r '.tenants[0].name')
browser_js "location.hash = '#now?scope=tenant&id=$tenant'; 0" >/dev/null
shown "its name is in the bar" "document.querySelector('#scope-name').textContent === $(jq -cn --arg n "$name" '$n')"
shown "its levels are shown" "(async () => {
    const now = await (await fetch('/api/v1/now?scope=tenant&id=$tenant')).json(), row = now.rows.find(r => r.item === 'inbound-voice');
    return document.querySelector('[data-code=\"inbound-voice\"] .lv').textContent === row.level.toLocaleString('en-GB');
})()" 60

note "Days"
yesterday=$(date -u -d yesterday +%F)
closed() { [ "$(api "$port" "/api/v1/closes?book=system&from=$yesterday&to=$yesterday" | jq '.closes | length')" -gt 0 ]; }
wait_for 1200 "the close of $yesterday" closed || fail "$yesterday was not closed"
browser_js "location.hash = '#now?theme=light'; 0" >/dev/null
browser_key g
browser_key d
shown "the system's and each tenant's book" "document.querySelectorAll('.book').length === 4 && document.querySelector('h1').textContent.includes('in 4 books')" 60
shown "the digest is the API's" "(async () => {
    const close = (await (await fetch('/api/v1/closes?book=system&from=$yesterday')).json()).closes[0];
    return document.querySelector('.book tbody code').title === close.sha256 && close.sha256.startsWith(document.querySelector('.book tbody code').textContent);
})()"
shown "its rows can be taken" "(async () => (await (await fetch(document.querySelector('.book tbody a').href)).text()).trim().split('\n').length >= 26)()"
shot days-light

note "not connected, and back"
browser_key g
browser_key n
shown "Now again" "document.querySelectorAll('#tiles li').length === 25 && document.documentElement.dataset.state === 'live'"
server_kill
shown "it says since when" "document.documentElement.dataset.state === 'lost' && /Not connected since/.test(document.querySelector('.note').textContent)" 60
shot lost-light
server_start "$scratch/settings.yaml" "$port"
shown "it comes back by itself" "document.documentElement.dataset.state === 'live' && window.sameLoad" 90
browser_stop
server_stop
