"""AWS's types of resources in plain words."""

from django.utils.translation import gettext_lazy as _

from portal.core import sentences

sentences.register(
    {
        # A part of a sentence, such as "The %(kind)s could not be made".
        "resource.AWS::EC2::VPC": _("network"),
        "resource.AWS::EC2::Subnet": _("part of the network"),
        "resource.AWS::EC2::InternetGateway": _("internet gateway"),
        "resource.AWS::EC2::VPCGatewayAttachment": _("connection of the internet gateway"),
        "resource.AWS::EC2::EIP": _("fixed public address"),
        "resource.AWS::EC2::NatGateway": _("outgoing gateway"),
        "resource.AWS::EC2::RouteTable": _("routing table"),
        "resource.AWS::EC2::Route": _("route"),
        "resource.AWS::EC2::SubnetRouteTableAssociation": _("link of a network part to its routes"),
        "resource.AWS::EC2::SecurityGroup": _("firewall"),
        "resource.AWS::EC2::LaunchTemplate": _("set-up of the hosts"),
        "resource.AWS::IAM::Role": _("set of rights"),
        "resource.AWS::IAM::InstanceProfile": _("rights of the hosts"),
        "resource.AWS::ECS::Cluster": _("cluster"),
        "resource.AWS::ECS::CapacityProvider": _("capacity control"),
        "resource.AWS::ECS::ClusterCapacityProviderAssociations": _("link of the cluster to its hosts"),
        "resource.AWS::AutoScaling::AutoScalingGroup": _("group of hosts"),
        "resource.AWS::ElasticLoadBalancingV2::LoadBalancer": _("load balancer"),
        "resource.AWS::ElasticLoadBalancingV2::Listener": _("entrance of the load balancer"),
        "resource.AWS::Logs::LogGroup": _("log storage"),
        "resource.AWS::ECR::Repository": _("image repository"),
    }
)
