# tests/support/kafka.sh - a private Kafka of one or three nodes; to be sourced by bash.
#
#   . tests/support/kafka.sh
#   trap kafka_stop EXIT
#   kafka_available            false, and says why, without java; fetches the jars by Maven when they are not there
#   kafka_start DIR [NODES]    1 (default) or 3 nodes on free loopback ports, fresh or with what DIR holds of them; waits
#                              until all answer and exports KAFKA_BROKERS (host:port,…) and KAFKA_CLUSTER (its id)
#   kafka_stop [TERM]          ends them, at once or in order; DIR is yours to remove
#   kafka_kill N, kafka_restart N          node N (from 1) by SIGKILL; on its old ports and data again
#   kafka_pause N, kafka_continue N        it stands still and goes on
#   kafka_tool CLASS WORD…     a Java tool of Kafka (org.apache.kafka.tools.TopicCommand …) with --bootstrap-server
#   kafka_topic NAME PARTITIONS [SETTING=VALUE…]
#
# Before the start: KAFKA_SECURE=yes adds two listeners to the first node, with certificates made here: KAFKA_SASL_BROKERS
# (sasl_ssl, PLAIN, user alice, password secret) and KAFKA_MUTUAL_BROKERS (ssl, a client certificate); the files are in
# DIR: ca.pem, client.pem, client.key.  KAFKA_HEAP (128m), KAFKA_JIT=full (for benches), KAFKA_ACL=yes: who may do what is
# asked (the plaintext listener may do everything, alice what she is given).
#
# The jars and an archive of their classes, which halves the time of a start, lie in build/kafka; they are made once.

. "$(dirname "${BASH_SOURCE[0]}")/wait.sh"

kafka_tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
kafka_home=$kafka_tree/build/kafka
kafka_dir=''
kafka_pids=() kafka_ports=() kafka_controller_ports=() kafka_flags=()

# Fills kafka_java.  An explicit list in one order, not libs/*: the archive of classes is tied to it.
kafka_set_java() {
    local heap=${KAFKA_HEAP:-128m}
    kafka_java=(java -cp "$(printf '%s\n' "$kafka_home"/libs/*.jar | paste -sd:)" "-Xms$heap" "-Xmx$heap" -XX:+UseSerialGC
        -Xlog:disable -Xlog:all=error:stderr -Dorg.slf4j.simpleLogger.defaultLogLevel=warn)
    [ "${KAFKA_JIT:-}" = full ] || kafka_java+=(-XX:TieredStopAtLevel=1)
    [ ! -f "$kafka_home/kafka.jsa" ] || kafka_java+=("-XX:SharedArchiveFile=$kafka_home/kafka.jsa" -Xshare:auto)
}

kafka_tool() {
    local class=$1
    shift
    kafka_set_java
    "${kafka_java[@]}" "$class" --bootstrap-server "$KAFKA_BROKERS" "$@"
}

kafka_topic() {
    local name=$1 partitions=$2 setting words=()
    shift 2
    for setting in "$@"; do words+=(--config "$setting"); done
    kafka_tool org.apache.kafka.tools.TopicCommand --create --topic "$name" --partitions "$partitions" "${words[@]}" >/dev/null
}

kafka_available() {
    if ! command -v java >/dev/null; then
        echo "no java to run a Kafka broker: run deploy/install kafka" >&2
        return 1
    fi
    command -v kcat >/dev/null || { echo "no kcat to look at a Kafka broker: run deploy/install kafka" >&2; return 1; }
    mkdir -p "$kafka_home"
    # Several tests may come here at once; the folder gets its name when it is whole.
    (
        flock 8
        if [ ! -d "$kafka_home/libs" ]; then
            command -v mvn >/dev/null || { echo "no Maven to fetch a Kafka broker: run deploy/install kafka" >&2; exit 1; }
            rm -rf "$kafka_home/fetched"
            mvn -q -B -f "$kafka_tree/tests/support/kafka/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
                -DoutputDirectory="$kafka_home/fetched" >"$kafka_home/maven.log" 2>&1 </dev/null || {
                tail -n 5 "$kafka_home/maven.log" >&2
                echo "Maven did not fetch Kafka; the whole log: $kafka_home/maven.log" >&2
                exit 1
            }
            mv "$kafka_home/fetched" "$kafka_home/libs" && rm -f "$kafka_home/kafka.jsa"
        fi
        [ -f "$kafka_home/kafka.jsa" ] || kafka_make_archive || echo "no archive of Kafka's classes: it starts the slow way" >&2
    ) 8>"$kafka_home/lock"
}

kafka_make_archive() {
    local folder status=0
    folder=$(mktemp -d) || return 1
    (
        kafka_flags=("-XX:ArchiveClassesAtExit=$folder/kafka.jsa")
        kafka_start_nodes "$folder" 1 && kafka_end_node 1 TERM
    ) >"$kafka_home/archive.log" 2>&1 8>&-
    mv "$folder/kafka.jsa" "$kafka_home/kafka.jsa" 2>/dev/null || status=1
    rm -rf "$folder"
    return $status
}

kafka_write_properties() {
    local node=$1 nodes=$2 voters=$3 file=$4 listeners map min=1
    [ "$nodes" = 1 ] || min=2
    listeners="BROKER://127.0.0.1:${kafka_ports[node]},CONTROLLER://127.0.0.1:${kafka_controller_ports[node]}"
    map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
    local advertised="BROKER://127.0.0.1:${kafka_ports[node]}"
    if [ -n "${KAFKA_SECURE:-}" ] && [ "$node" = 1 ]; then
        local secure="SASL://$KAFKA_SASL_BROKERS,MUTUAL://$KAFKA_MUTUAL_BROKERS"
        listeners+=,$secure advertised+=,$secure map+=,SASL:SASL_SSL,MUTUAL:SSL
    fi
    cat >"$file" <<END
process.roles=broker,controller
node.id=$node
controller.quorum.voters=$voters
controller.listener.names=CONTROLLER
listeners=$listeners
advertised.listeners=$advertised
listener.security.protocol.map=$map
inter.broker.listener.name=BROKER
log.dirs=$kafka_dir/node$node
auto.create.topics.enable=false
default.replication.factor=$nodes
min.insync.replicas=$min
offsets.topic.replication.factor=$nodes
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=$nodes
transaction.state.log.min.isr=$min
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=$nodes
share.coordinator.state.topic.min.isr=$min
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=4194304
num.network.threads=1
num.io.threads=2
END
    [ "$nodes" = 1 ] || printf '%s\n' broker.session.timeout.ms=6000 broker.heartbeat.interval.ms=1000 >>"$file"
    [ -z "${KAFKA_ACL:-}" ] || printf '%s\n' authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer super.users=User:ANONYMOUS >>"$file"
    if [ -n "${KAFKA_SECURE:-}" ] && [ "$node" = 1 ]; then
        local name
        for name in sasl mutual; do
            printf '%s\n' "listener.name.$name.ssl.keystore.type=PEM" "listener.name.$name.ssl.keystore.location=$kafka_dir/broker.pem" >>"$file"
        done
        cat >>"$file" <<END
listener.name.sasl.sasl.enabled.mechanisms=PLAIN
listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="secret";
listener.name.mutual.ssl.truststore.type=PEM
listener.name.mutual.ssl.truststore.location=$kafka_dir/ca.pem
listener.name.mutual.ssl.client.auth=required
END
    fi
}

# A CA, and of it a broker for 127.0.0.1 and a client named adapter.
kafka_make_certificates() (
    cd "$kafka_dir" && umask 077 || exit 1
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=ca 2>/dev/null || exit 1
    for name in broker client; do
        openssl req -newkey rsa:2048 -nodes -keyout "$name.key" -out "$name.csr" -subj "/CN=$name" 2>/dev/null &&
            openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out "$name.pem" \
                -extfile <(echo subjectAltName=IP:127.0.0.1) 2>/dev/null || exit 1
    done
    openssl pkcs8 -topk8 -nocrypt -in broker.key -out broker.pkcs8 && mv broker.pem broker.cert && cat broker.pkcs8 broker.cert >broker.pem
)

# setsid: a Ctrl-C in the terminal reaches the script, which ends its parts in order.
kafka_launch() {
    kafka_set_java
    (cd "$kafka_dir" && exec setsid setpriv --pdeathsig KILL -- "${kafka_java[@]}" "${kafka_flags[@]}" kafka.Kafka "$kafka_dir/node$1.properties") \
        >>"$kafka_dir/kafka$1.log" 2>&1 </dev/null 8>&- &
    kafka_pids[$1]=$!
}

kafka_settled() { port_is_open "${kafka_ports[$1]}" || ! is_running "${kafka_pids[$1]}"; }

# A refused try costs kcat a second: only asked when the ports are open.
kafka_knows() { timeout 10 kcat -b "$KAFKA_BROKERS" -L -m 5 2>/dev/null | grep -q "^ $1 brokers:"; }

kafka_wait() {
    wait_for 60 "Kafka's node $1 on port ${kafka_ports[$1]}" kafka_settled "$1" && is_running "${kafka_pids[$1]}" && return 0
    echo "Kafka's node $1 did not start; the end of $kafka_dir/kafka$1.log:" >&2
    tail -n 5 "$kafka_dir/kafka$1.log" >&2
    return 1
}

kafka_start_nodes() {
    local nodes=$2 node voters=''
    kafka_dir=$(cd "$1" && pwd) || return 1
    kafka_pids=() kafka_ports=() kafka_controller_ports=()
    KAFKA_BROKERS=''
    for ((node = 1; node <= nodes; node++)); do
        kafka_ports[node]=$(free_port) && kafka_controller_ports[node]=$(free_port) || return 1
        voters+=${voters:+,}$node@127.0.0.1:${kafka_controller_ports[node]}
        KAFKA_BROKERS+=${KAFKA_BROKERS:+,}127.0.0.1:${kafka_ports[node]}
    done
    if [ -n "${KAFKA_SECURE:-}" ]; then
        KAFKA_SASL_BROKERS=127.0.0.1:$(free_port) KAFKA_MUTUAL_BROKERS=127.0.0.1:$(free_port)
        export KAFKA_SASL_BROKERS KAFKA_MUTUAL_BROKERS
        kafka_make_certificates || { echo "openssl made no certificates" >&2; return 1; }
    fi
    # 22 letters that are 16 bytes; the last of them has two bits only.
    [ -f "$kafka_dir/cluster" ] || (od -An -N16 -tx1 /dev/urandom | tr -d ' \n' | cut -c1-21 | sed 's/$/A/') >"$kafka_dir/cluster"
    KAFKA_CLUSTER=$(cat "$kafka_dir/cluster")
    export KAFKA_BROKERS KAFKA_CLUSTER
    for ((node = 1; node <= nodes; node++)); do
        kafka_write_properties "$node" "$nodes" "$voters" "$kafka_dir/node$node.properties"
        [ ! -f "$kafka_dir/node$node/meta.properties" ] || continue
        kafka_set_java
        "${kafka_java[@]}" kafka.tools.StorageTool format -t "$KAFKA_CLUSTER" -c "$kafka_dir/node$node.properties" \
            >"$kafka_dir/format$node.log" 2>&1 || { tail -n 5 "$kafka_dir/format$node.log" >&2; return 1; }
    done
    for ((node = 1; node <= nodes; node++)); do kafka_launch "$node"; done
    for ((node = 1; node <= nodes; node++)); do kafka_wait "$node" || return 1; done
    wait_for 60 "all $nodes nodes of Kafka in its metadata" kafka_knows "$nodes"
}

kafka_start() {
    kafka_available || return 1
    mkdir -p "$1" && kafka_start_nodes "$1" "${2:-1}"
}

kafka_ended() { ! is_running "${kafka_pids[$1]}"; }
kafka_end_node() {
    is_running "${kafka_pids[$1]:-}" || return 0
    # Callers may have set -e, and a process that was killed has no good status.
    kill -CONT "${kafka_pids[$1]}" 2>/dev/null || true
    kill "-$2" "${kafka_pids[$1]}" 2>/dev/null || true
    wait_for 20 "the end of Kafka's node $1" kafka_ended "$1" || kill -KILL "${kafka_pids[$1]}" || true
    wait "${kafka_pids[$1]}" 2>/dev/null || true
}

kafka_kill() { kafka_end_node "$1" KILL; }
kafka_restart() { kafka_launch "$1" && kafka_wait "$1"; }
kafka_pause() { kill -STOP "${kafka_pids[$1]}"; }
kafka_continue() { kill -CONT "${kafka_pids[$1]}"; }

# By SIGKILL, the folder being thrown away; kafka_stop TERM: in order, since it is kept.
kafka_stop() {
    local node
    for node in "${!kafka_pids[@]}"; do kafka_end_node "$node" "${1:-KILL}"; done
    kafka_pids=()
}
