"""What an API view inherits to be open to everybody: without it, a trust's key is needed."""

from rest_framework.permissions import AllowAny
from rest_framework.views import APIView


class OpenView(APIView):
    """An address for everybody, whatever key comes with the call: nothing at it is about a
    patient."""

    authentication_classes = []
    permission_classes = [AllowAny]
