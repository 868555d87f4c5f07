# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion for lanscopectl(1). Verbs and options are asked of the program, devices of the service.

__lanscopectl_devices() {
        # What a device calls itself is only offered where it cannot mean anything to the shell.
        timeout 2 lanscopectl list --json=short 2>/dev/null |
                grep -oE '"(mac|hostname|label)":"[A-Za-z0-9._:-]+"|"[0-9]{1,3}(\.[0-9]{1,3}){3}"' |
                sed -E 's/^"(mac|hostname|label)"://; s/"//g' | sort -u
}

__lanscopectl_verbs() {
        lanscopectl --help 2>/dev/null | sed -nE '/^Verbs:/,/^$/ s/^  ([a-z]+) .*/\1/p'
}

__lanscopectl_options() {
        lanscopectl $1 --help 2>/dev/null | grep -oE -- '--[a-z-]+=?' | sort -u
}

# The values of an option: an unknown one is answered with all there are.
__lanscopectl_values() {
        lanscopectl "$1" "$2=?" 2>&1 | sed -nE 's/^.*(Types|Categories|Kinds) are: (.*)\.$/\2/p'
}

__lanscopectl_machines() {
        machinectl --no-legend --no-pager list 2>/dev/null | sed 's/ .*//'
}

_lanscopectl() {
        local line=${COMP_LINE:0:COMP_POINT} cur verb='' given=0 words='' word option='' before=()

        # Not by COMP_WORDS, where '=', ':' and '@' are words of their own.
        cur=${line##*[[:space:]]}
        read -ra before <<<"${line%"$cur"}"
        for word in "${before[@]:1}"; do
                case $option in
                -H | --host | -M | --machine | -o | --output) option=''; continue ;;
                esac
                option=$word
                if [[ $word == -* ]]; then
                        continue
                elif [[ -n $verb ]]; then
                        ((given++))
                elif [[ $word == [a-z]* ]]; then
                        verb=$word
                fi
        done
        if [[ $cur == --*=* ]]; then
                option=${cur%%=*} cur=${cur#*=}
        elif [[ $option != -[HMo] && $option != --host && $option != --machine && $option != --output ]]; then
                option=''
        fi
        case $option in
        -H | --host) COMPREPLY=($(compgen -A hostname -- "$cur")); return ;;
        -M | --machine) words=$(__lanscopectl_machines) ;;
        --json) words='pretty short off' ;;
        --presence) words='online idle offline' ;;
        --severity) words='info warning critical' ;;
        --format) words='json jsonl csv' ;;
        --sort)
                words='name type vendor ip mac presence last-seen first-seen traffic'
                [[ $verb == flows ]] && words='bytes rate rtt retransmissions last'
                ;;
        --kind) words=$(__lanscopectl_values alerts --kind) ;;
        --type | --category) words=$(__lanscopectl_values list "$option") ;;
        --protocol) words='tcp udp icmp icmp6' ;;
        --state) words='syn_sent syn_ack established fin_wait closing closed reset unknown' ;;
        --view) words='devices flows talkers alerts' ;;
        --device) words=$(__lanscopectl_devices) ;;
        -o | --output | --rules | --model | --signatures) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        esac
        if [[ -z $option && $cur == -* ]]; then
                COMPREPLY=($(compgen -W "$(__lanscopectl_options "$verb")" -- "$cur"))
                [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace
                return
        fi
        [[ -n $option ]] || case $verb in
        '') words=$(__lanscopectl_verbs) ;;
        device | explain | traffic | label | type | notes | trust | forget | merge | split)
                words=$(__lanscopectl_devices)
                [[ $verb == trust ]] && words+=' yes no'
                [[ $verb == type && $given -gt 0 ]] && words="$(__lanscopectl_values list --type) auto"
                ;;
        mode) words="host gateway span $(ls /sys/class/net 2>/dev/null)" ;;
        export) words='devices alerts flows' ;;
        analyze) compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")); return ;;
        esac
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
        # A MAC address has the ':' that readline breaks words at: it puts back itself what stands before the last one.
        if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
                COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*:}"}"}")
        fi
}

complete -F _lanscopectl lanscopectl
