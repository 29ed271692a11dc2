#!/bin/bash
# The view "Explain" in a real Chromium: from a tile's peak one step to who was in it, its rows and steps as the API has
# them, no person's id on the page; what cannot be told is said.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../support/browser.sh"
also_at_exit browser_stop

shots=${LOGS:-$scratch}
port=$(free_port)
# Today until now: forty desks, two of them with two persons, a phone since yesterday that a later login has left behind.
now=$(date -u +%s)
stamp() { date -u -d "@$((now - $1))" +%Y-%m-%dT%H:%M:%S.000Z; }
row() { printf '{"source":"icon-a","kind":"login_session","key":"%s","version":1,"body":{"session":"%s","tenant":101,"person":%d,%s,"begin":"%s","end":%s}}\n' "$1" "$1" "$2" "$3" "$4" "$5"; }
{
    for i in $(seq 40); do row "s$i" $((770000000 + i)) "\"place\":$i,\"dn\":$((1000 + i))" "$(stamp $((7200 - i)))" null; done
    row t1 770000101 '"place":1,"dn":2001' "$(stamp 3600)" null
    row t2 770000102 '"place":2,"dn":2002' "$(stamp 3600)" null
    row u1 770000103 '"dn":3001' "$(stamp 80000)" null
    row u2 770000104 '"dn":3001' "$(stamp 60)" "\"$(stamp 60)\""
    printf '{"source":"icon-a","kind":"watermark","key":"watermark","version":1,"body":{"until":"%s"}}\n' "$(stamp 0)"
} >"$scratch/facts.jsonl"
expect 0 "a store" "$SEATMETER" replay --store "$scratch/store" "$scratch/facts.jsonl"
settings_write "$scratch/settings.yaml" "$port" "$scratch/store"
server_start "$scratch/settings.yaml" "$port"
browser_start || { cat "$scratch/browser.log"; fail "the browser"; }
browser_size 1440 1000
browser_open "http://localhost:$port/#now?theme=light" || fail "the page"
shown() { wait_for "${3:-30}" "$1" browser_true "$2" || { browser_js "document.body.innerText" | head -n 40; fail "$1"; } && note "$1"; }
shot() { browser_shot "$shots/explain-$1.png" || fail "screenshot $1"; }

shown "the peak is a link" "document.querySelector('[data-code=\"inbound-voice\"] a.pk[href^=\"#explain\"]')"
browser_js "document.querySelector('[data-code=\"inbound-voice\"] a.pk').click(); 0" >/dev/null
shown "the heading is the question" "/^Who was in the 4[01] seats of Inbound Voice at /.test(document.querySelector('h1').textContent)"
shown "rows, bars and steps are what the API says" "(async () => {
    const asked = new URLSearchParams(location.hash.split('?')[1]);
    const answer = await (await fetch('/api/v1/explain?' + new URLSearchParams({item: asked.get('item'), at: asked.get('at')}))).json();
    const rows = document.querySelectorAll('.explain tbody tr'), steps = [...document.querySelectorAll('.why li b')].map(b => Number(b.textContent));
    return rows.length === answer.seats.reduce((sum, seat) => sum + seat.sessions.length, 0) && document.querySelectorAll('.bar-svg').length === rows.length
        && steps.join() === [answer.why.peak, ...answer.why.steps.map(step => step.peak)].join();
})()"
shown "persons are pseudonyms" "/p-[0-9a-f]{12}/.test(document.body.innerText) && !document.body.innerHTML.includes('770000') && /may not read names/.test(document.body.innerText)"
shot light
browser_js "document.documentElement.dataset.theme = 'dark'; 0" >/dev/null
shot dark
browser_size 400 900
shown "nothing stands over the edge" "document.documentElement.scrollWidth <= 400"
shot narrow
browser_js "location.hash = '#explain?item=inbound-voice&at=2150-01-01T00:00:00.000Z'; 0" >/dev/null
shown "what cannot be told is said" "/Nothing has been heard/.test(document.body.innerText)"
browser_stop
server_stop
