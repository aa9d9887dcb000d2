"""Access credentials: SSH keys and passwords for the guest."""

from typing import Annotated

from api.meta import ApiStruct, NonEmpty, limits


class AccessCredentialSecret(ApiStruct, frozen=True):
    """A Secret with credentials."""

    secret_name: NonEmpty
    """Name of the Secret."""


class AccessCredentialSource(ApiStruct, frozen=True):
    """Where the credentials come from."""

    secret: AccessCredentialSecret | None = None
    """A Secret: each key of it is one SSH key, or a user and its password."""


class ConfigDrivePropagation(ApiStruct, frozen=True):
    """Through cloud-init's ConfigDrive volume."""


class NoCloudPropagation(ApiStruct, frozen=True):
    """Through cloud-init's NoCloud volume."""


class SSHAgentPropagation(ApiStruct, frozen=True):
    """Through the guest agent, for these users."""

    users: Annotated[tuple[NonEmpty, ...], limits(minItems=1, maxItems=64)] = ()
    """Users whose authorized keys are written."""


class SSHPropagation(ApiStruct, frozen=True):
    """How SSH keys reach the guest; exactly one."""

    config_drive: ConfigDrivePropagation | None = None
    """Through cloud-init's ConfigDrive volume."""
    no_cloud: NoCloudPropagation | None = None
    """Through cloud-init's NoCloud volume."""
    qemu_guest_agent: SSHAgentPropagation | None = None
    """Through the guest agent; changes of the Secret arrive while the VM runs."""


class SSHPublicKeyCredential(ApiStruct, frozen=True):
    """Public SSH keys."""

    source: AccessCredentialSource
    """Where the keys come from."""
    propagation_method: SSHPropagation
    """How they reach the guest."""


class PasswordAgentPropagation(ApiStruct, frozen=True):
    """Through the guest agent."""


class PasswordPropagation(ApiStruct, frozen=True):
    """How passwords reach the guest."""

    qemu_guest_agent: PasswordAgentPropagation | None = None
    """Through the guest agent."""


class UserPasswordCredential(ApiStruct, frozen=True):
    """Passwords of users."""

    source: AccessCredentialSource
    """Where the passwords come from."""
    propagation_method: PasswordPropagation
    """How they reach the guest."""


class AccessCredential(ApiStruct, frozen=True):
    """SSH keys or passwords; exactly one."""

    ssh_public_key: SSHPublicKeyCredential | None = None
    """Public SSH keys."""
    user_password: UserPasswordCredential | None = None
    """Passwords of users."""
