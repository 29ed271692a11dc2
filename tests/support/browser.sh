# tests/support/browser.sh - a real Chromium without a screen, driven over its own debugging pipe; to be sourced by bash.
#
#   browser_start            starts it with an empty profile in $scratch/browser
#   browser_open URL         opens a page and waits until it is loaded
#   browser_size WIDTH HEIGHT
#   browser_js EXPRESSION    prints the value, awaited when it is a promise; false when it throws
#   browser_key KEY          presses and releases a key that writes one letter
#   browser_shot FILE        a PNG of what is on the screen
#   browser_stop
#
# Commands are JSON with a zero byte behind it, on descriptors 3 and 4 of the browser: no port is open to anybody.
# It gets no outside address: the flags keep it from asking for updates.

browser='' browser_session='' browser_number=0

browser_start() {
    local folder=$scratch/browser
    mkdir -p "$folder/profile"
    mkfifo "$folder/in" "$folder/out"
    # Both ends are opened for reading and writing, so that opening waits for nobody.
    exec {browser_in}<>"$folder/in" {browser_out}<>"$folder/out"
    setpriv --pdeathsig KILL -- chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars --lang=en-GB --user-data-dir="$folder/profile" \
        --remote-debugging-pipe about:blank 3<"$folder/in" 4>"$folder/out" >"$scratch/browser.log" 2>&1 </dev/null &
    browser=$!
    local target
    browser_call '' Target.getTargets '{}' || return 1
    target=$(jq -r '[.result.targetInfos[] | select(.type == "page")][0].targetId' <<<"$browser_answer")
    browser_call '' Target.attachToTarget "{\"targetId\":\"$target\",\"flatten\":true}" || return 1
    browser_session=$(jq -r .result.sessionId <<<"$browser_answer")
    browser_call "$browser_session" Page.enable '{}'
}

# browser_call SESSION METHOD PARAMETERS: the answer in $browser_answer; events that come before it are passed over.
browser_call() {
    local id=$((++browser_number)) message
    message="{\"id\":$id,\"method\":\"$2\",\"params\":$3${1:+,\"sessionId\":\"$1\"}}"
    printf '%s\0' "$message" >&"$browser_in"
    while IFS= read -r -t 60 -d '' -u "$browser_out" browser_answer; do
        [[ $browser_answer == "{\"id\":$id,"* ]] || continue
        [[ $browser_answer != "{\"id\":$id,\"error\""* ]] && return 0
        echo "$2: $browser_answer" >&2
        return 1
    done
    echo "the browser does not answer $2" >&2
    return 1
}

browser_js() {
    browser_call "$browser_session" Runtime.evaluate "$(jq -cn --arg e "$1" '{expression: $e, awaitPromise: true, returnByValue: true}')" || return 1
    if jq -e .result.exceptionDetails <<<"$browser_answer" >/dev/null; then
        jq -r '.result.exceptionDetails.exception.description // .result.exceptionDetails.text' <<<"$browser_answer" >&2
        return 1
    fi
    jq -r '.result.result.value // ""' <<<"$browser_answer"
}

browser_open() {
    browser_call "$browser_session" Page.navigate "$(jq -cn --arg u "$1" '{url: $u}')" || return 1
    wait_for 30 "the page $1 to be loaded" browser_true "document.readyState === 'complete'"
}
browser_true() { [ "$(browser_js "Boolean($1)")" = true ]; }

browser_size() {
    browser_call "$browser_session" Emulation.setDeviceMetricsOverride "{\"width\":$1,\"height\":$2,\"deviceScaleFactor\":1,\"mobile\":false}"
}

browser_key() {
    browser_call "$browser_session" Input.dispatchKeyEvent "{\"type\":\"keyDown\",\"key\":\"$1\",\"text\":\"$1\"}" &&
        browser_call "$browser_session" Input.dispatchKeyEvent "{\"type\":\"keyUp\",\"key\":\"$1\"}"
}

browser_shot() {
    browser_call "$browser_session" Page.captureScreenshot '{"format":"png"}' && jq -r .result.data <<<"$browser_answer" | base64 -d >"$1"
}

browser_stop() {
    [ -n "$browser" ] || return 0
    kill "$browser" 2>/dev/null
    wait "$browser" 2>/dev/null
    browser=''
}
