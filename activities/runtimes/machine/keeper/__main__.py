"""
The part of the machine's driver that is on the machine: what Node cannot do from outside, such as locks that die with
their holder, paths that no link leads out of, and terminals. Python is there already, because supervisord needs it.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
os.umask(0o077)


def main(role, root, *rest):
    from place import Place

    place = Place(root)
    if role in ('serve', 'stream'):
        import serve
        from frames import Frames

        getattr(serve, role)(place, Frames(sys.stdin.buffer, sys.stdout.buffer))
        # Threads that still wait for something must not keep it alive.
        sys.stdout.flush()
        os._exit(0)
    elif role == 'supervise':
        import supervise

        supervise.run(place)
    elif role == 'start':
        import launch

        launch.launch(place, *rest)
    elif role == 'once':
        import one_shots

        one_shots.run(place, *rest)


main(*sys.argv[1:])
