"""`agentsess-tui --demo`: sessions, a project and a model to try everything with.

`demo_home` makes the store, `demo_project` names the folder to work in and
`demo_clients` makes the clients to ask. Nothing here touches the user's own store,
or the network.
"""

from agentsess.demo.run import demo_client, demo_clients, demo_home, demo_project
from agentsess.demo.sessions import seed

__all__ = ["demo_client", "demo_clients", "demo_home", "demo_project", "seed"]
