"""What there is of every instance, in the words of the platform's contract."""
from concurrent.futures import ThreadPoolExecutor

import ports
from converge import converge, is_settled
from faults import Fault
from place import read_json
from processes import began, marked
from programs import RUNNING, program_of
from records import key_of, record_of, volume_of
from supervise import infos_of

AT_ONCE = 16


def observe_all(place, probes):
    ids, trouble = place.instance_ids(), {}
    found, infos = marked(place), infos_of(place) or {}
    unsettled = [one for one in ids if not is_settled(place, one, found, infos)]
    for instance_id in unsettled:
        trouble[instance_id] = attempt(place, instance_id, found)
    if unsettled:
        found, infos = marked(place), infos_of(place) or {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        seen = list(pool.map(lambda one: look(place, probes, one, found, infos, False, trouble.get(one)), ids))
    probes.forget_others({identity for _, identity in seen})
    return [observed for observed, _ in seen if observed['exists'] or observed['volumePresent'] or observed['processPresent']]


def observe(place, probes, instance_id):
    trouble = attempt(place, instance_id, marked(place))
    return look(place, probes, instance_id, marked(place), infos_of(place) or {}, True, trouble)[0]


def attempt(place, instance_id, found):
    """One instance that cannot be helped must not hide the others."""
    try:
        converge(place, instance_id, found)
    except (Fault, OSError) as fault:
        return str(fault)
    return None


def look(place, probes, instance_id, found, infos, fresh, trouble):
    """@returns what is seen, and which process it was"""
    record, volume = record_of(place, instance_id), volume_of(place, instance_id)
    process = read_json(place.instance(instance_id, 'process.json'))
    info, pids = infos.get(program_of(instance_id)), found.get(instance_id, [])
    state = info['statename'] if info else 'STOPPED'
    wanted = bool(record) and record['power'] == 'on' and not record['removed']
    mine = bool(process) and wanted and process['key'] == key_of(record)
    lives = bool(process) and process['pid'] in pids and began(process['pid']) == process['began']
    # As a pod whose program has ended is still a pod.
    ended = wanted and mine and state == 'EXITED'
    present = bool(pids) or state in RUNNING + ('STOPPING',) or ended
    terminating = present and not ended and (not wanted or (bool(process) and not mine) or state == 'STOPPING')
    current = present and mine and not terminating
    ready = False
    if lives and process['phase'] == 'Running' and not terminating:
        port = ports.known_port(place, instance_id)
        ready = probes.is_ready(process, port, record['template']['readiness'], fresh)
    reason, message = (None, None) if ready else why_not(wanted, present, current, ended, process, trouble)
    observed = {
        'instanceId': instance_id,
        'tenantId': (record or volume or {}).get('tenantId', ''),
        'exists': bool(record),
        'generation': max((one['generation'] for one in (record, volume) if one), default=0),
        'revision': record['revision'] if record else None,
        'configurationHash': record['configurationHash'] if record else None,
        'power': record['power'] if record else None,
        'processPresent': present,
        'processId': process_id(record, process) if present else None,
        'current': current,
        'ready': ready,
        'terminating': terminating,
        'restarts': process['starts'] - 1 if present and process else 0,
        'reason': reason,
        'message': message,
        'exitCode': exit_code(process, info, ended) if present and process else None,
        'startedAt': process['startedAt'] if lives else None,
        'volumePresent': volume is not None,
    }
    return observed, (process['pid'], process['began']) if process else None


def process_id(record, process):
    """The same for all starts under one key, as a pod is, and another one for every other key."""
    return '%s-%s' % (record['uid'], process['key']) if record and process else None


def exit_code(process, info, ended):
    return info['exitstatus'] if ended and info['exitstatus'] >= 0 else process['exitCode']


def why_not(wanted, present, current, ended, process, trouble):
    if trouble:
        return 'Failed', trouble[:1000]
    if ended:
        return 'Error', 'The process has ended and is not started again.'
    if wanted and not present:
        return 'Pending', None
    if not present:
        return None, None
    if not current or not process:
        return 'Terminating', None
    if process['phase'] == 'Running':
        return 'NotReady', 'It does not answer its readiness probe.'
    return process['phase'], process['message']

