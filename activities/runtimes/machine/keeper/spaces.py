"""The spaces of tenants: their bounds, as they were told. A machine does not isolate, so that there is one at most."""
import contextlib
import os

import one_shots
from converge import converge
from faults import Fault
from place import checked, names_in, read_json, write_json
from processes import marked
from records import change, mark_volume, record_of, volume_of


def path_of(place, tenant_id):
    return os.path.join(place.folder('tenants'), checked(tenant_id, 'tenant') + '.json')


def tenants(place):
    return sorted(name[: -len('.json')] for name in names_in(place.path('tenants')) if name.endswith('.json'))


def ensure(place, space, shared):
    file = path_of(place, space['tenantId'])
    with place.common_lock('tenants'):
        others = [tenant for tenant in tenants(place) if tenant != space['tenantId']]
        if others and not shared:
            raise Fault(
                'cluster.refused', 'This machine does not isolate, and belongs to another tenant. Register one of its own.'
            )
        known = read_json(file)
        if known and known['generation'] > space['generation']:
            return
        if known != space:
            write_json(file, space)


def of_tenant(place, tenant_id):
    for instance_id in place.instance_ids():
        if tenant_of(place, instance_id) == tenant_id:
            yield instance_id


def tenant_of(place, instance_id):
    return (record_of(place, instance_id) or volume_of(place, instance_id) or {}).get('tenantId')


def owned(place, tenant_id, instance_id):
    """@throws Fault for an instance of another tenant; one that is not there is nobody's"""
    checked(tenant_id, 'tenant')
    place.instance(instance_id)
    if tenant_of(place, instance_id) not in (None, tenant_id):
        raise Fault('cluster.refused', 'The instance belongs to another tenant.')


def remove_step(place, tenant_id, stamp):
    """Asks for the removal of all that is there. @returns what is left, to be asked again until there is nothing"""
    file = path_of(place, tenant_id)
    for instance_id in list(of_tenant(place, tenant_id)):
        record = record_of(place, instance_id)
        if record and not record['removed']:
            change(place, instance_id, record['version'], stamp, {'power': 'off', 'killed': True, 'removed': True})
        mark_volume(place, instance_id, stamp, removed=True)
        converge(place, instance_id, marked(place))
    for trace in one_shots.traces(place):
        if trace['tenantId'] == tenant_id:
            one_shots.remove(place, trace['name'], trace['uid'])
    left = list(of_tenant(place, tenant_id))
    if not left:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(file)
    return left
