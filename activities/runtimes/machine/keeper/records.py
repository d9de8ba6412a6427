"""
What is wanted of an instance, as one file that is only ever replaced whole: the fence. Who changes it names the version
that was read and its own generation; everything else on the machine follows from it (converge.py), whoever does that.
"""
import contextlib
import os
import time
import uuid

import packages
from faults import Fault
from mapping import inner_path
from place import checked, read_json, write_json


def record_of(place, instance_id):
    return read_json(place.instance(instance_id, 'record.json'))


def volume_of(place, instance_id):
    return read_json(place.instance(instance_id, 'volume.json'))


def key_of(record):
    """Another one, another process: template, restarts that were asked for, and turns of power."""
    return '%s:%s:%d' % (record['template']['hash'], record['restart'] or '', record['turns'])


def head_of(place, instance_id):
    """What the platform compares before it writes; never a secret."""
    record = record_of(place, instance_id) or {}
    volume = volume_of(place, instance_id) or {}
    return {
        'version': record.get('version', 0),
        'exists': bool(record) and not record['removed'],
        'generation': max(record.get('generation', 0), volume.get('generation', 0)),
        'leaving': bool(record.get('removed')) or bool(volume.get('removed')),
        'power': record.get('power'),
    }


def change(place, instance_id, version, stamp, edit):
    """
    Replaces the record where it still has this version (0: there is none). `edit` holds what changes.
    @returns False after a collision
    """
    refuse_unusable(place, edit)
    with place.lock(instance_id):
        record = record_of(place, instance_id)
        if (record['version'] if record else 0) != version:
            return False
        volume = volume_of(place, instance_id)
        found = max((one['generation'] for one in (record, volume) if one), default=0)
        if found > stamp['generation']:
            raise Fault('operation.superseded', 'Generation %d has written already.' % found)
        if record is None:
            record = new_record(place, instance_id, edit)
        turned = edit.get('power') == 'on' and record['power'] == 'off'
        wanted = {**record, **edit, **stamp, 'version': version + 1, 'turns': record['turns'] + int(turned)}
        if {**wanted, 'version': version} == record:
            return True
        # First, because it is what is left when a removal is over.
        write_json(place.instance(instance_id, 'volume.json'), {'tenantId': record['tenantId'], **stamp})
        # Only once: a state that is missing later has to come back (instance_files.py), not to begin anew.
        if volume is None:
            os.makedirs(place.instance(instance_id, 'state'), mode=0o700, exist_ok=True)
        write_json(place.instance(instance_id, 'record.json'), wanted)
        return True


def refuse_unusable(place, edit):
    """Before anything is written: what could never become folders and files."""
    template = edit.get('template', {'assets': []})
    if 'package' in template:
        packages.folder_of(place, template['package'])
    files = [edit.get('configuration', {'files': {}})['files'], *(assets['files'] for assets in template['assets'])]
    for name in (name for some in files for name in some):
        inner_path('', name)


def new_record(place, instance_id, edit):
    if 'template' not in edit:
        raise Fault('instance.state-conflict', 'The instance has no workload on its cluster. Sync it first.')
    checked(edit['tenantId'], 'tenant')
    if not os.path.exists(place.path('tenants', edit['tenantId'] + '.json')):
        raise Fault('cluster.refused', 'The tenant has no space on this machine.')
    place.folder('instances', instance_id)
    return {
        'uid': str(uuid.uuid4()),
        'instanceId': instance_id,
        'generation': 0,
        'power': 'off',
        'turns': 0,
        'restart': None,
        'killed': False,
        'removed': False,
        'createdAt': time.time(),
        **edit,
    }


def take_back(place, instance_id, version):
    """A record that came too late goes again, unless it has been used meanwhile."""
    with place.lock(instance_id):
        record = record_of(place, instance_id)
        if record and record['version'] == version and record['power'] == 'off':
            write_json(place.instance(instance_id, 'record.json'), {**record, 'removed': True, 'version': version + 1})


def mark_volume(place, instance_id, stamp, removed=False):
    """@returns whether there is a volume"""
    with place.lock(instance_id):
        volume = volume_of(place, instance_id)
        found = max((one['generation'] for one in (record_of(place, instance_id), volume) if one), default=0)
        if found > stamp['generation']:
            raise Fault('operation.superseded', 'Generation %d has written already.' % found)
        if volume is None:
            return False
        wanted = {**volume, **stamp, 'removed': removed or volume.get('removed', False)}
        write_json(place.instance(instance_id, 'volume.json'), wanted)
        return True


def committing(place, instance_id, stamp):
    """The last step of a long write: refused where a newer generation has written meanwhile, and nobody else writes."""

    @contextlib.contextmanager
    def commit():
        with place.lock(instance_id):
            found = head_of(place, instance_id)['generation']
            if found > stamp['generation']:
                raise Fault('operation.superseded', 'Generation %d has written already.' % found)
            yield

    return commit
